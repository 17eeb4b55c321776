mod embedded;
mod envelope;
mod road;
