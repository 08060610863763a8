#!/usr/bin/env bash
# The only entry: builds the module for Debian's nginx, or for the nginx source tree that
# NGINX_SOURCE names, then tests, checks or measures it. One function per verb; config and
# config.make define how nginx compiles the module.
set -euo pipefail

NGINX_SOURCE=${NGINX_SOURCE:+$(realpath -- "$NGINX_SOURCE")}
export NGINX_SOURCE
cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")"

readonly root=$PWD
readonly peer_modules=$root/build/peers
readonly module_name=ngx_http_private_image_module.so
readonly tool_name=private-image
# shellcheck source=t/packages.sh
source t/packages.sh
# shellcheck source=t/tests.sh
source t/tests.sh
# shellcheck source=t/sanitize/nginx.sh
source t/sanitize/nginx.sh
# shellcheck source=t/systems.sh
source t/systems.sh

# Set by choose_nginx.
output=          # the folder for results
nginx_tree=      # nginx's headers and its configure
nginx_binary=
nginx_packages=()
clang=           # a version; set by choose_clang
reports=         # of the tests' results; set by start_reports
# For the module, as a value of -fsanitize=; nginx itself gets the first. Inherited, so that tests
# that call this script use the same ones.
sanitizers=${PRIVATE_IMAGE_SANITIZERS-}

usage() {
    cat <<END
usage: [NGINX_SOURCE=dir] ./build.sh [verb]

  (no verb)      build the module for Debian's nginx: build/$module_name,
                 and the command-line tool: build/$tool_name
  demo           build, then run the demo on http://127.0.0.1:8080/ until Ctrl-C
                 (PORT= overrides)
  test [words]   build, then run every test; words choose among the HTTP tests: files of t/http,
                 expressions for pytest's -k or, from the first word with a dash on, its options
  test unit [filter]
                 build and run the unit tests only; filter is GoogleTest's, or a part of a name
  test http [words]
                 build, then run the HTTP tests only
  sanitize [address | thread] [words]
                 the same tests, nginx and the module built with AddressSanitizer, the module with
                 UndefinedBehaviorSanitizer as well; then the tests of renders and threads with
                 ThreadSanitizer; or only one of the two
  fuzz [seconds [targets]]
                 run every fuzz target, or those named, for 60 seconds or as given; the inputs and
                 logs of failures are in build/fuzz
  lint [words]   build, then run the static checks on files that changed since they were clean;
                 words choose checks by parts of their names, such as tidy/src/render. Without a
                 build: lint format, layers, words or commits (since LINT_BASE or the last tag)
  test-s3        build, then run the S3 tests against a real server, Swift
  bench          build, then measure CPU, latency and memory, compared with other software
  test-on bookworm | trixie [verb]
                 create a minimal Debian 12 or 13 in build/systems, and run a verb with its words
                 there; without a verb, build, start the demo and run every test

NGINX_SOURCE: use the nginx of that source tree instead, built into a separate folder of build/
END
}

main() {
    local verb=${1-}
    case $verb in
        '') verb_build ;;
        bench | demo | fuzz | lint | sanitize | test) "verb_$verb" "${@:2}" ;;
        test-on) verb_test_on "${@:2}" ;;
        test-s3) verb_test_s3 "${@:2}" ;;
        *)
            printf 'build.sh: invalid verb "%s"\n\n' "$verb" >&2
            usage >&2
            return 2
            ;;
    esac
}

# Verbs

verb_build() {
    choose_nginx
    install_missing "${build_packages[@]}" "${nginx_packages[@]}"
    install_heif_codecs "${heif_packages[@]}"
    locked build_nginx_and_module
}

verb_demo() {
    verb_build
    install_missing "${demo_packages[@]}"
    locked fetch_photographs
    exec docs/demo/demo.sh "$nginx_binary" "$output/$module_name" build/photos
}

verb_test() {
    export PRIVATE_IMAGE_WARNINGS=errors
    case ${1-} in
        unit) test_units "${@:2}" ;;
        http) test_http "${@:2}" ;;
        *) test_everything "$@" ;;
    esac
}

verb_sanitize() {
    local kinds=(address thread) kind status=0
    if [[ ${1-} == address || ${1-} == thread ]]; then
        kinds=("$1")
        shift
    fi
    export PRIVATE_IMAGE_WARNINGS=errors
    install_missing "${build_packages[@]}" "${nginx_source_packages[@]}"
    install_test_packages
    if [[ -z $NGINX_SOURCE ]]; then
        locked fetch_nginx_source
        NGINX_SOURCE=$root/build/nginx-source/nginx
    fi
    for kind in "${kinds[@]}"; do
        sanitizers=${kind/address/address,undefined}
        export PRIVATE_IMAGE_SANITIZERS=$sanitizers
        verb_build
        locked build_unit_tests "$output/unit"
        "test_with_${kind}_sanitizer" "$@" || status=1
    done
    return "$status"
}

# Needs no nginx: the targets test the core.
verb_fuzz() {
    local seconds=${1-60} status=0
    [[ $seconds =~ ^[1-9][0-9]*$ ]] ||
        fail "invalid number of seconds \"$seconds\", use for example fuzz 60 signature"
    mkdir -p build
    install_missing "${build_packages[@]}"
    install_heif_codecs "${heif_packages[@]}" "${heif_test_packages[@]}"
    install_fuzz_packages
    locked build_fuzz_targets build/fuzz
    reports=build/fuzz/reports
    mkdir -p "$reports"
    run_fuzz_targets build/fuzz "$seconds" "${@:2}" || status=1
    count_tests "$status"
}

verb_lint() {
    if [[ ${*-} =~ ^(commits|format|layers|words)$ ]]; then
        /usr/bin/python3 t/lint/lint.py build/lint "$@" --texts-only
        return
    fi
    export PRIVATE_IMAGE_WARNINGS=errors
    verb_build
    choose_clang
    install_missing "${lint_packages[@]}" "clang-tidy-$clang"
    ! apt_knows clang-format-16 || install_missing clang-format-16
    local headers
    mapfile -t headers < <(find "$nginx_tree/src" -type d)
    /usr/bin/python3 t/lint/lint.py "$output/lint" "$@" --clang-tidy "clang-tidy-$clang" \
        --nginx-headers "$output/module" "${headers[@]}"
}

# Only Swift's libraries are installed, which start no service: the tests run its servers on
# loopback, in a temporary folder, and stop them.
verb_test_s3() {
    verb_build
    install_missing "${test_packages[@]}" "${s3_server_packages[@]}"
    start_reports
    local status=0
    run_http_tests s3 s3_against_swift.py "$@" || status=1
    count_tests "$status"
}

# Runs as root: it creates a file system and mounts in it. The mounts are visible only to the
# commands that run there, and end with the last of them.
verb_test_on() {
    local suite=${1-}
    [[ $suite == bookworm || $suite == trixie ]] ||
        fail "invalid release \"$suite\", use test-on bookworm or test-on trixie"
    if ((EUID != 0)); then
        as_root env NGINX_SOURCE="$NGINX_SOURCE" PORT="${PORT-}" "$root/build.sh" test-on "$@"
        return
    fi
    shift
    export system=$root/build/systems/$suite
    mkdir -p build/systems
    exec 8>"$system.lock"
    flock 8
    make_system "$suite"
    copy_into_system
    local in_system=(unshare --mount --pid --fork --kill-child --propagation private
        bash -euc "$(declare -f enter_system); enter_system \"\$@\"" build.sh)
    if (($#)); then
        "${in_system[@]}" "$@" 8>&-
        return
    fi
    "${in_system[@]}" 8>&-
    show_demo
    "${in_system[@]}" test 8>&-
}

verb_bench() {
    verb_build
    install_missing "${bench_packages[@]}"
    locked fetch_photographs
    locked fetch_peers
    locked build_bench
    PRIVATE_IMAGE_MODULE=$output/$module_name NGINX_BINARY=$nginx_binary \
        BARE_LOOP=$root/build/bench/bare_loop PHOTOGRAPHS=$root/build/photos \
        PEER_MODULES=$peer_modules /usr/bin/python3 t/bench/bench.py "$@"
}

build_bench() {
    [[ -e build/bench/build.ninja ]] ||
        quietly build/bench.log cmake -S t/bench -B build/bench -G Ninja
    quietly build/bench.log ninja -C build/bench -j "$(nproc)"
}

# The build

choose_nginx() {
    if [[ $root == *[[:space:]]* ]]; then
        fail "nginx cannot be built in a folder with blanks in its name: $root"
    fi
    if [[ -z $NGINX_SOURCE ]]; then
        nginx_packages=("${debian_nginx_packages[@]}")
        nginx_tree=/usr/share/nginx/src
        nginx_binary=/usr/sbin/nginx
        output=$root/build
    else
        nginx_packages=("${nginx_source_packages[@]}")
        output=$root/build/${sanitizers:+${sanitizers//,/-}-}nginx-$(
            nginx_version_of "$NGINX_SOURCE"
        )
        nginx_tree=$output/source
        nginx_binary=$output/nginx
    fi
    mkdir -p "$output"
}

nginx_version_of() {
    sed -n 's/^#define NGINX_VERSION *"\(.*\)"/\1/p' "$1/src/core/nginx.h" 2>/dev/null | grep . ||
        fail "not an nginx source tree: $1"
}

build_nginx_and_module() {
    local flags=()
    nginx_flags
    if [[ -n $NGINX_SOURCE ]]; then
        copy_nginx_source
        [[ $sanitizers != thread ]] || build_glib_locks
        configure_nginx "$output/objects" "${flags[@]}" \
            ${sanitizers:+"--add-module=$root/t/sanitize/cycle"}
        quietly "$output/nginx.log" make_in_tree "$output/objects/Makefile" binary
        publish "$output/objects/nginx" "$nginx_binary"
    fi
    configure_module "${flags[@]}"
    compile "$output/module.log" "$output/module/addon" \
        make_in_tree "$output/module/Makefile" modules
    publish "$output/module/$module_name" "$output/$module_name"
    [[ -z $sanitizers ]] ||
        publish "$output/module/planted_faults.so" "$output/planted_faults.so"
    build_tool "${flags[@]}"
}

# Builds the command-line tool from the objects of the module, with the same compiler flags: the
# last two of nginx's flags.
build_tool() {
    local flags=("$@") objects=$output/tool inputs
    inputs=$(printf '%s\n' "${flags[@]: -2}" && cat "$output/module.inputs")
    [[ $(cat "$objects.inputs" 2>/dev/null) == "$inputs" ]] || rm -rf "$objects"
    compile "$output/tool.log" "$objects" make -C src/tools -j "$(nproc)" OUTPUT="$output" \
        CXXFLAGS="${flags[-2]#--with-cc-opt=}" LDFLAGS="${flags[-1]#--with-ld-opt=}"
    echo "$inputs" >"$objects.inputs"
    publish "$objects/$tool_name" "$output/$tool_name"
}

make_in_tree() {
    make -C "$nginx_tree" -j "$(nproc)" -f "$@"
}

# Fills the caller's `flags`: the flags that the binary was configured with, which the module's must
# equal, and Debian's compiler flags, hardening included.
nginx_flags() {
    if [[ -z $NGINX_SOURCE ]]; then
        local NGX_CONF_FLAGS=()
        # shellcheck source=/dev/null
        source "$nginx_tree/conf_flags"
        flags=("${NGX_CONF_FLAGS[@]}")
    else
        flags=(--prefix="$output" --error-log-path=stderr
            --with-compat --with-debug --with-threads --with-file-aio --with-pcre-jit
            --with-http_ssl_module --with-http_v2_module --with-http_slice_module
            --with-http_auth_request_module --with-http_realip_module
            --with-http_stub_status_module --with-http_sub_module
            --with-http_addition_module --with-http_dav_module --with-http_gunzip_module
            --with-http_gzip_static_module --with-http_random_index_module)
    fi
    if [[ -n $sanitizers ]]; then
        # nginx's own code is not clean under UndefinedBehaviorSanitizer. NGX_DEBUG_PALLOC makes its
        # pools call malloc for every allocation, so that the bounds of each are checked. The stacks
        # of reports need frame pointers.
        local options="-fsanitize=${sanitizers%%,*} -O1 -g -fno-omit-frame-pointer"
        # Modules stay in memory, so that reports at the end of the process can name their
        # functions.
        local linked="-fsanitize=$sanitizers -Wl,-z,nodelete"
        [[ $sanitizers != thread ]] || linked+=" $output/glib_locks.so"
        flags+=(--with-cc-opt="$options -DNGX_DEBUG_PALLOC=1" --with-ld-opt="$linked")
        return
    fi
    # -g1: stack traces have line numbers; the values of variables would take a quarter of the time.
    local -x DEB_BUILD_MAINT_OPTIONS=hardening=+bindnow
    flags+=(--with-cc-opt="$(dpkg-buildflags --get CFLAGS) -g1 $(dpkg-buildflags --get CPPFLAGS)"
        --with-ld-opt="$(dpkg-buildflags --get LDFLAGS)")
}

# The given tree is not changed: nginx's configure and make run in a copy.
copy_nginx_source() {
    if [[ $(cat "$output/source.from" 2>/dev/null) != "$NGINX_SOURCE" ]]; then
        rm -rf "$output"
        mkdir -p "$nginx_tree"
    fi
    local parts=("$NGINX_SOURCE"/{auto,src})
    [[ ! -e $NGINX_SOURCE/configure ]] || parts+=("$NGINX_SOURCE/configure")
    cp -ru --preserve=mode,timestamps "${parts[@]}" "$nginx_tree"
    [[ $sanitizers != thread ]] || order_threads
    echo "$NGINX_SOURCE" >"$output/source.from"
}

# Configures the module: again with new objects when the flags, its config or a package has changed,
# and with a new makefile only when its list of sources has.
configure_module() {
    local objects=$output/module inputs sources
    inputs=$(
        cat config config.make src/nginx/shown.map
        dpkg-query -W -f '${Package} ${Version}\n' nginx nginx-dev g++ libvips-dev 2>/dev/null ||
            true # nginx and nginx-dev may be missing with NGINX_SOURCE
    )
    sources=$(find src -path src/tools -prune -o -name '*.cpp' -print | LC_ALL=C sort)
    [[ $(cat "$objects.inputs" 2>/dev/null) == "$inputs" ]] || rm -rf "$objects"
    [[ $(cat "$objects.sources" 2>/dev/null) == "$sources" ]] || rm -f "$objects.flags"
    local modules=(--add-dynamic-module="$root")
    [[ -z $sanitizers ]] || modules+=(--add-dynamic-module="$root/t/sanitize")
    PRIVATE_IMAGE_SANITIZERS=$sanitizers configure_nginx "$objects" "$@" "${modules[@]}"
    echo "$inputs" >"$objects.inputs"
    echo "$sources" >"$objects.sources"
}

# Runs nginx's configure (several seconds) only when its arguments have changed.
configure_nginx() {
    local objects=$1 configure=./configure flags
    shift
    flags=$(printf '%s\n' "$nginx_tree" "$@")
    [[ ! -e $objects || $(cat "$objects.flags" 2>/dev/null) != "$flags" ]] || return 0
    [[ ! -e $objects.flags ]] || rm -rf "$objects"
    rm -f "$objects.flags"
    [[ -e $nginx_tree/configure ]] || configure=auto/configure
    (cd "$nginx_tree" && quietly "$output/configure.log" "$configure" --builddir="$objects" "$@")
    echo "$flags" >"$objects.flags"
}

# Replaces the result by a rename: a running nginx keeps the file that it has mapped.
publish() {
    cmp -s "$1" "$2" && return
    cp "$1" "$2.new"
    mv "$2.new" "$2"
}

# Basics

fail() {
    echo "build.sh: $*" >&2
    exit 1
}

# Runs a command, and shows its output only if it fails.
quietly() {
    local log=$1
    shift
    mkdir -p "$(dirname "$log")"
    "$@" >"$log" 2>&1 && return
    cat "$log" >&2
    fail "failed: $*"
}

# Compiles quietly into a folder of objects. Objects that were compiled with warnings are compiled
# again when warnings are errors.
compile() {
    local log=$1 objects=$2 status=0
    shift 2
    if [[ ${PRIVATE_IMAGE_WARNINGS-} == errors ]]; then
        [[ ! -e $objects.warned || ! -e $objects ]] || find "$objects" -name '*.o' -delete
        rm -f "$objects.warned"
        quietly "$log" "$@"
        return
    fi
    (quietly "$log" "$@") || status=$?
    ! grep -q 'warning: .*\[-W' "$log" || touch "$objects.warned"
    return "$status"
}

# Runs a function under a lock: two builds at once would write the same files.
locked() {
    mkdir -p build
    (
        flock 9
        "$@" 9>&-
    ) 9>"${lock-build/.lock}"
}

main "$@"
