# What the lab's commands need on a machine, each a function that installs only what is missing.
# Sourced by ./lab, which sets ROOT. Written for bash 3.2 (macOS) and newer.
#
# LAB_DEBIAN_RUST=1 takes Debian's Rust even where rustup could fetch the wasm target.

WASM=wasm32-unknown-unknown
TRUNK_VERSION=0.21.14
DENY_VERSION=0.20.2
NODE_VERSION=22.23.3
# Those that .ci/later.txt is of, and the one of them that rustup fetches.
RUST_VERSIONS="1.95 1.96"
RUSTUP_RUST=1.95.0
WASM_BINDGEN_VERSION="$(sed -n '/^name = "wasm-bindgen"$/{n;s/^version = "\(.*\)"$/\1/p;}' "$ROOT/Cargo.lock")"

# Outside the clone, so that all clones of one person share them; a version a folder, so that none gets in another's way.
TOOLS="${XDG_CACHE_HOME:-$HOME/.cache}/hellok8s-lab/tools"
PAGE_TESTS="$ROOT/tests/page"

export PATH="$PAGE_TESTS/node_modules/.bin:${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"

say() { printf '== %s\n' "$*" >&2; }
die() { printf 'lab: %s\n' "$*" >&2; exit 1; }
is_debian() { grep -qsx 'ID=debian' /etc/os-release; }
has() { command -v "$1" >/dev/null 2>&1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
# macOS has no timeout.
within() { if has timeout; then timeout "$@"; else shift; "$@"; fi; }

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
    -o DPkg::Lock::Timeout=600 "$@" </dev/null >/dev/null
}

# apt_packages NAME…: false where there is no apt.
apt_packages() {
  has apt-get || return 1
  local missing="" name
  for name in "$@"; do
    [ "$(dpkg-query -Wf '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing="$missing $name"
  done
  [ -n "$missing" ] || return 0
  say "installing$missing"
  # Lists that are old do not know of every package, or know of versions that are no longer served: then once more with
  # new ones.
  # shellcheck disable=SC2086 # a list of names
  apt_install $missing 2>/dev/null || { as_root apt-get -qq update && apt_install $missing; }
}

# ---- Rust for the browser -------------------------------------------------------------------------------------

# compiles_wasm RUSTC…: asked of a real compile, because no list knows of a target that a linked toolchain has or
# of one that an older compiler left behind.
compiles_wasm() {
  local folder worked=1
  folder="$(mktemp -d)"
  if echo 'pub fn f() -> String { String::new() }' |
    "$@" --target $WASM --crate-type cdylib --crate-name probe -o "$folder/probe.wasm" - >/dev/null 2>&1; then
    worked=0
  fi
  rm -rf "$folder"
  return $worked
}

is_known_rust() {
  local version known
  version="$(rustc --version 2>/dev/null)" || return 1
  for known in $RUST_VERSIONS; do
    case "$version" in "rustc $known."*) return 0 ;; esac
  done
  return 1
}

need_rust() {
  cd "$ROOT" || exit 1
  has cc || apt_packages gcc libc6-dev || die "install a C compiler: Rust links with it."
  if [ -z "${LAB_DEBIAN_RUST:-}" ]; then
    is_known_rust && compiles_wasm rustc && return 0
    rustup_rust && return 0
  fi
  ! is_debian || debian_rust
  compiles_wasm rustc || die "no Rust that compiles for $WASM: install it with rustup (https://rustup.rs) and try again."
  is_known_rust || say "this Rust is none of $RUST_VERSIONS: the page may weigh more, and begin with a wait"
}

# rustup's Rust, of a known version. A server that does not answer must not hold the person for ever: Debian's is the second
# way.
rustup_rust() {
  if ! has rustup && ! has cargo && has curl; then
    say "installing Rust $RUSTUP_RUST with rustup"
    curl --proto '=https' --connect-timeout 10 --max-time 60 -sSf https://static.rust-lang.org/rustup/rustup-init.sh 2>/dev/null |
      within 600 sh -s -- -qy --no-modify-path --profile minimal --default-toolchain $RUSTUP_RUST -c clippy -c rustfmt >&2 || true
  fi
  has rustup || return 1
  if ! is_known_rust; then
    if ! rustup toolchain list | grep -q "^$RUSTUP_RUST-"; then
      say "fetching Rust $RUSTUP_RUST, beside the one that is there"
      within 600 rustup toolchain install $RUSTUP_RUST --no-self-update --profile minimal -c clippy -c rustfmt >&2 || return 1
    fi
    export RUSTUP_TOOLCHAIN=$RUSTUP_RUST
  fi
  compiles_wasm rustc && return 0
  say "fetching the $WASM target"
  within 120 rustup target add $WASM >&2 && compiles_wasm rustc && return 0
  unset RUSTUP_TOOLCHAIN
  return 1
}

# Debian's Rust, and the standard library for wasm built once from Debian's own source of it.
debian_rust() {
  apt_packages rustc-web cargo-web rust-web-src rust-web-llvm rust-web-clippy rustfmt-web gcc libc6-dev || return 0
  # rust-lld is a link to a package that Debian only recommends.
  apt_packages "$(basename "$(readlink /usr/bin/rust-lld)")"
  compiles_wasm /usr/bin/rustc || build_wasm_std
  if has rustup; then
    [ "$(readlink "$(rustup show home)/toolchains/debian")" = /usr ] || rustup toolchain link debian /usr >&2
    rustup override set debian --path "$ROOT" >/dev/null 2>&1
  fi
}

build_wasm_std() {
  say "building the standard library for $WASM (about a minute)"
  local work sysroot
  work="$(mktemp -d)"
  sysroot="$(/usr/bin/rustc --print sysroot)/lib/rustlib/$WASM"
  mkdir "$work/src"
  echo '#![no_std]' >"$work/src/lib.rs"
  cat >"$work/Cargo.toml" <<'TOML'
[package]
name = "nothing"
version = "0.0.0"
edition = "2024"
[workspace]
[profile.release]
codegen-units = 1
TOML
  # Unstable flags for this one build. The bitcode is for lto = "fat"; the metadata keeps std's own copies of
  # crates apart from a program's copies of the same crates.
  (
    cd "$work" || exit 1
    unset RUSTUP_TOOLCHAIN
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 __CARGO_DEFAULT_LIB_METADATA=std-wasm RUSTFLAGS=-Cembed-bitcode=yes \
      CARGO_TARGET_DIR="$work/target" /usr/bin/cargo build --quiet --release --target $WASM \
      -Zbuild-std=std,panic_abort,proc_macro,test
  ) || die "the standard library for $WASM could not be built"
  rm -f "$work/target/$WASM/release/deps"/libnothing-*
  as_root rm -rf "$sysroot"
  as_root mkdir -p "$sysroot/lib"
  as_root cp "$work/target/$WASM/release/deps"/*.rlib "$sysroot/lib/"
  rm -rf "$work"
}

# The page has a standard library of its own, compiled for size and without the texts of panics: a sixteenth of the
# page. Cargo's flags for that are unstable; they are given for the page alone. Without the library's source the page is
# built with the one that came with the compiler. LAB_STD=compiler asks for that.
with_small_std() {
  local library
  library="$(rustc --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock"
  [ "${LAB_STD:-}" != compiler ] || return 0
  if [ ! -f "$library" ] && has rustup; then
    say "fetching the standard library's source"
    within 60 rustup component add rust-src >&2 || true
  fi
  if [ ! -f "$library" ] || ! RUSTC_BOOTSTRAP=1 cargo -Zhelp 2>/dev/null | grep -q panic-immediate-abort; then
    say "the standard library's source is not at hand: the page will be larger"
    return 0
  fi
  # Trunk builds offline, and the library has dependencies of its own.
  if ! RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD="std panic_abort" cargo fetch --quiet --locked --target $WASM >&2; then
    say "the standard library's dependencies are not at hand: the page will be larger"
    return 0
  fi
  export RUSTC_BOOTSTRAP=1 CARGO_PROFILE_PAGE_PANIC=immediate-abort CARGO_UNSTABLE_PANIC_IMMEDIATE_ABORT=true \
    CARGO_UNSTABLE_BUILD_STD="std panic_abort" CARGO_UNSTABLE_BUILD_STD_FEATURES=optimize_for_size
  # For .ci/transfer-size.mjs: what it weighs can be held against the ceiling.
  export LAB_SMALL_STD=1
}

# ---- Tools ----------------------------------------------------------------------------------------------------

# need_tool CRATE VERSION COMMAND: the one on PATH where it has the version, else one of the lab's own.
need_tool() {
  local crate=$1 version=$2 command=$3 root="$TOOLS/$1-$2"
  case " $("$command" --version 2>/dev/null) " in *" $version "*) return 0 ;; esac
  export PATH="$root/bin:$PATH"
  [ -x "$root/bin/$command" ] && return 0
  say "building $crate $version (a few minutes, once)"
  # They run for a second a build, so a quick compile is worth more than quick code; and they download nothing, so
  # they need no TLS. A crate's own lock file may name versions that a registry does not serve: then without it.
  (
    cd / || exit 1
    export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256 CARGO_PROFILE_RELEASE_OPT_LEVEL=0
    export CARGO_PROFILE_RELEASE_DEBUG=0 CARGO_PROFILE_RELEASE_STRIP=true
    set -- install "$crate" --version "=$version" --root "$root" --no-default-features --quiet
    cargo "$@" --locked >&2 || cargo "$@" >&2
  ) || die "$crate $version could not be built"
}

need_trunk() {
  need_tool wasm-bindgen-cli "$WASM_BINDGEN_VERSION" wasm-bindgen
  need_tool trunk "$TRUNK_VERSION" trunk
}

need_deny() { need_tool cargo-deny "$DENY_VERSION" cargo-deny; }

node_is_new() { has node && has npm && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'; }

# Debian 12's Node is too old for Playwright, but its npm can fetch a newer one.
need_node() {
  node_is_new && return 0
  local root="$TOOLS/node-$NODE_VERSION" missing="install Node.js 20 or newer (https://nodejs.org)" kind
  if ! has npm; then apt_packages nodejs npm || die "$missing"; fi
  node_is_new && return 0
  if [ ! -x "$root/node_modules/.bin/node" ]; then
    case "$(uname -sm)" in
      "Linux x86_64") kind=linux-x64 ;;
      "Linux aarch64") kind=linux-arm64 ;;
      *) die "$missing" ;;
    esac
    say "fetching Node.js $NODE_VERSION"
    mkdir -p "$root"
    npm install --prefix "$root" --no-fund --no-audit --loglevel=error "node-$kind@$NODE_VERSION" >&2 || die "$missing"
  fi
  export PATH="$root/node_modules/.bin:$PATH"
  node_is_new || die "$missing"
}

# npm_packages FOLDER WHAT: as the folder's lock file pins them.
npm_packages() {
  local folder="$ROOT/$1" what=$2
  need_node
  cmp -s "$folder/package-lock.json" "$folder/node_modules/.installed-lock" && return 0
  say "installing $what"
  # Where a registry does not serve what other systems need, a lock file lacks it and npm ci refuses: then the other way,
  # which takes the same versions and writes no lock file.
  (
    cd "$folder" || exit 1
    export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
    set -- --no-fund --no-audit --loglevel=error
    npm ci "$@" >&2 2>/dev/null || npm install --no-save "$@" >&2
  ) || die "npm could not install $what"
  cp "$folder/package-lock.json" "$folder/node_modules/.installed-lock"
}

# wasm-opt and Playwright.
need_npm_packages() { npm_packages tests/page "the page tests' packages"; }

need_lighthouse() { npm_packages tests/lighthouse "Lighthouse"; }

# The site that the page tests embed the lab in.
need_example() { npm_packages examples/vitepress "VitePress, for examples/vitepress"; }

# Debian's Chromium, with a font for the page's Chinese; elsewhere the one that Playwright downloads.
need_browser() {
  if is_debian && apt_packages chromium fonts-noto-cjk fonts-dejavu-core; then
    return 0
  fi
  (cd "$PAGE_TESTS" && npx playwright install chromium >&2) || die "no browser for the page tests"
}

# The page in two more engines; without them the tests say so, and go on.
need_other_browsers() {
  ! is_debian || apt_packages firefox-esr webkit2gtk-driver xvfb || say "no Firefox or WebKit here: only Chromium is tested"
}
