# For the other scripts: where the project is, how they speak, how they build. Sourced, not run.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
project=$PWD
mkdir -p .build
log=$project/.build/log

say() { printf '%s\n' "$*"; }
fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# minutes:seconds since the script began
elapsed() { printf '%d:%02d' $((SECONDS / 60)) $((SECONDS % 60)); }

# What a line of swift build's output is about, in plain words.
build_step() {
  case $1 in
    *Fetching* | *Fetched* | *Cloning* | *Creating\ working\ copy* | *Working\ copy* | \
      *Computing\ version* | *Computed* | *Updating* | *Updated*)
      printf 'fetching the packages that it is built on' ;;
    *.c | *.cc | *.S | *BoringSSL*) printf 'compiling the TLS library' ;;
    *Linking*) printf 'linking' ;;
    *Compiling* | *Emitting*)
      local name=${1#*] }
      name=${name#* }
      case $name in
        module\ *) name=${name#module } ;;
      esac
      printf 'compiling %s' "${name%% *}" ;;
    *) printf 'working' ;;
  esac
}

# Shows how far a build has got, every few seconds, until its process ends.
watch_build() {
  local pid=$1 last='' line='' count='' shown=$SECONDS pause=15
  [ -t 1 ] && pause=1
  while kill -0 "$pid" 2>/dev/null; do
    sleep 1
    ((SECONDS - shown >= pause)) || continue
    shown=$SECONDS
    line=$(grep -aE '^\[|etch|orking|omput|loning' "$log" 2>/dev/null | tail -n 1 || true)
    count=$(printf '%s' "$line" | sed -nE 's|^\[([0-9]+)/([0-9]+)\].*|, step \1 of \2|p')
    last="  $(elapsed)  $(build_step "$line")$count"
    if [ -t 1 ]; then printf '\r\033[K%.100s' "$last"; else say "$last"; fi
  done
  [ -t 1 ] && printf '\r\033[K'
  return 0
}

# build WHAT ARGUMENT…: swift build with these arguments, saying meanwhile how far it is.
build() {
  local what=$1 pid began=$SECONDS
  shift
  say "Building $what."
  [ -d .build/checkouts ] ||
    say "  The first build takes about five minutes on two cores; later ones take seconds."
  : >"$log"
  swift build "$@" >"$log" 2>&1 &
  pid=$!
  trap 'kill "$pid" 2>/dev/null; exit 130' INT TERM
  watch_build "$pid"
  if ! wait "$pid"; then
    trap - INT TERM
    grep -aE 'error:' "$log" | sort -u | head -n 20 >&2 || true
    tail -n 25 "$log" >&2
    fail "The build of $what failed; its whole output is in $log."
  fi
  trap - INT TERM
  say "  built in $((SECONDS - began)) s"
}

# The program as people use it: optimized, and without need of the Swift toolchain where it runs.
release=(-c release --static-swift-stdlib)
