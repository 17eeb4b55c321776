mod embedded;
mod road;
