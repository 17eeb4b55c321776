mod embedded;
mod plans;
mod road;
