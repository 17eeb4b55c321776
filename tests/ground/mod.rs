mod embedded;
mod envelope;
mod plans;
mod road;
