# Sourced by bin/run, bin/test and .ci/run: finds out what this machine lacks and installs it.
# Debian and Ubuntu only; elsewhere it names the command and stops.

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
die() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# As root, or through sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif have sudo; then sudo "$@"
  else die "This needs root, and there is no sudo. As root, run: $*"
  fi
}

# PostgreSQL 15 or newer, as src/db/embedded/find.rs looks for it: postgres, initdb and pg_ctl side by side.
have_postgres() {
  local bin tool major
  for bin in "$(dirname "$(readlink -f "$(command -v postgres || echo /none/postgres)")")" \
             "$(pg_config --bindir 2>/dev/null || true)" \
             /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql* \
             /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin \
             /Applications/Postgres.app/Contents/Versions/*/bin; do
    for tool in postgres initdb pg_ctl; do
      [ -x "$bin/$tool" ] || continue 2
    done
    major=$("$bin/postgres" --version | sed -E 's/.*\) ([0-9]+).*/\1/')
    if [ "${major:-0}" -ge 15 ]; then return 0; fi
  done
  return 1
}

have_compiler() { have cc || have gcc || have clang; }
have_browser() { have chromium || have chromium-browser || have google-chrome || [ -d "/Applications/Google Chrome.app" ]; }
have_driver() { have chromedriver || [ -x /usr/lib/chromium/chromedriver ]; }
have_chinese_font() {
  if have fc-list; then [ -n "$(fc-list :lang=zh-cn family 2>/dev/null | head -n 1)" ]
  else [ "$(uname)" = Darwin ]
  fi
}

# need <what is missing> <apt> <dnf> <pacman> <apk> <brew>: remembers it for install_needed.
missing=() apt=() dnf=() pacman=() apk=() brew=()
need() {
  missing+=("$1")
  # Words on purpose: one need may take several packages, or none.
  # shellcheck disable=SC2206
  apt+=($2) dnf+=($3) pacman+=($4) apk+=($5) brew+=($6)
}

need_compiler() { have_compiler || need "a C compiler" "gcc libc6-dev" gcc gcc "gcc musl-dev" gcc; }
need_postgres() {
  [ -n "${DATABASE_URL:-}" ] || have_postgres ||
    need "a PostgreSQL server" postgresql postgresql-server postgresql postgresql postgresql@17
}
need_browser() {
  local browser=chromium driver=chromium-driver
  if grep -qs '^ID=ubuntu' /etc/os-release; then browser=chromium-browser driver=chromium-chromedriver; fi
  have_browser || need "Chromium" "$browser" chromium chromium chromium chromium
  have_driver || need "its driver" "$driver" chromedriver "" chromium-chromedriver chromedriver
  have_chinese_font || need "a Chinese font" "fontconfig fonts-noto-cjk" google-noto-sans-cjk-fonts noto-fonts-cjk font-noto-cjk ""
}

install_needed() {
  [ "${#missing[@]}" -gt 0 ] || return 0
  local list
  list=$(printf ', %s' "${missing[@]}")
  if have apt-get; then
    say "Missing: ${list:2}. Installing ${apt[*]} with apt-get"
    # Lists that were never fetched, or were thrown away to keep an image small, know no packages.
    if ! apt-cache show "${apt[@]}" >/dev/null 2>&1; then as_root apt-get update -qq; fi
    if ! apt_install; then
      say "That failed; fetching fresh package lists and trying once more"
      as_root apt-get update -qq
      apt_install || die "apt-get could not install ${apt[*]}. Install it by hand and run this again."
    fi
    missing=() apt=()
    return 0
  fi
  if have dnf; then die "Missing: ${list:2}. Run: sudo dnf install -y ${dnf[*]}"; fi
  if have pacman; then die "Missing: ${list:2}. Run: sudo pacman -S --needed ${pacman[*]}"; fi
  if have apk; then die "Missing: ${list:2}. Run: doas apk add ${apk[*]}"; fi
  if have brew; then die "Missing: ${list:2}. Run: brew install ${brew[*]}"; fi
  die "Missing: ${list:2}. Install it with your system's package manager and run this again."
}
apt_install() { as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${apt[@]}" >&2; }

# Old Debian and Ubuntu releases package a PostgreSQL that is too old.
check_postgres() {
  [ -n "${DATABASE_URL:-}" ] || have_postgres || die "PostgreSQL 15 or newer is needed, and this system's own package is older. Run:
  sudo apt-get install -y postgresql-common && sudo /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y && sudo apt-get install -y postgresql
or set DATABASE_URL to a PostgreSQL that is already running."
}

check_cargo() {
  if ! have cargo && [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
    PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
  fi
  have cargo || die "Rust is missing. Install it from https://rustup.rs with
  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y && . \"\$HOME/.cargo/env\"
and run this again."
}
