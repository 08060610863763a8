#!/usr/bin/env bash
# The only entry: builds the module for Debian's nginx, or for the nginx source tree that
# NGINX_SOURCE names, and runs what needs a built module. One function per verb; how nginx
# compiles the module stands in config and config.make.
set -euo pipefail

NGINX_SOURCE=${NGINX_SOURCE:+$(realpath -- "$NGINX_SOURCE")}
export NGINX_SOURCE
cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")"

readonly root=$PWD
readonly peer_modules=$root/build/peers
readonly module_name=ngx_http_private_image_module.so
readonly tool_name=private-image
readonly build_packages=(g++ make pkg-config dpkg-dev libvips-dev liblcms2-dev libssl-dev
    nlohmann-json3-dev fonts-dejavu-core)
# Debian 13's libheif has each codec in a package of its own: AVIF's encoder, the decoders of AVIF
# and HEIC, and HEIC's encoder, which tests alone need.
readonly heif_packages=(libheif-plugin-aomenc libheif-plugin-dav1d libheif-plugin-libde265)
readonly heif_test_packages=(libheif-plugin-x265)
readonly debian_nginx_packages=(nginx nginx-dev)
readonly nginx_source_packages=(libpcre2-dev zlib1g-dev)
readonly demo_packages=(openssl)
readonly photograph_packages=(lomiri-wallpapers-16.04 lomiri-wallpapers-20.04)
# Modules that stand beside ours in tests; docs/migration.md replaces the recipe of the first.
readonly peer_packages=(libnginx-mod-http-image-filter libnginx-mod-http-headers-more-filter
    libnginx-mod-http-srcache-filter libnginx-mod-http-echo)
readonly test_packages=(cmake ninja-build libgtest-dev curl
    python3-pytest python3-pytest-xdist python3-jinja2 python3-h2 python3-pil python3-prometheus-client
    python3-selenium chromium chromium-driver openssl php-cli varnish libgd3 ca-certificates
    python3-boto3 python3-botocore libvips-tools)
readonly s3_server_packages=(python3-swift)
readonly bench_packages=(cmake ninja-build wrk libvips-tools libgd3 python3-pil)
# The versions of clang that compile the fuzz targets, the newest first. Older ones cannot compile
# libstdc++'s ranges.
readonly clang_versions=(19 18 17 16)
readonly fuzz_packages=(cmake ninja-build)
readonly lint_packages=(cppcheck shellcheck pyflakes3 libgtest-dev)

# Every dynamic module defines ngx_modules and two more names that nginx defines as well. What a
# test preloads comes before the sanitizer. intercept_tls_get_addr would take one in 256 blocks of a
# thread's own variables for one of an old C library, and LeakSanitizer would follow what stands
# before it as an address.
readonly asan_options=detect_odr_violation=0:detect_leaks=1:allocator_may_return_null=1:\
verify_asan_link_order=0:intercept_tls_get_addr=0
# ignore_noninstrumented_modules would keep more of libvips' noise out, but every memcpy() of ours
# as well.
readonly tsan_options=die_after_fork=0:history_size=5
# What crosses from the event loop into threads and back.
readonly thread_http_tests=(test_planted_faults.py test_derivatives.py test_single_flight.py
    test_limits.py test_clients.py)

# Set by choose_nginx.
output=          # where results go
nginx_tree=      # nginx's headers and its configure
nginx_binary=
nginx_packages=()
clang=           # a version; set by choose_clang
reports=         # of the tests' results; set by start_reports
# Of the module, as -fsanitize= takes them; nginx itself gets the first. Tests that call this again
# stay with what they test.
sanitizers=${PRIVATE_IMAGE_SANITIZERS-}

usage() {
    cat <<END
usage: [NGINX_SOURCE=dir] ./build.sh [verb]

  (no verb)      build the module for Debian's nginx: build/$module_name,
                 and the command-line tool: build/$tool_name
  demo           build, then show it at work on http://127.0.0.1:8080/ until Ctrl-C
                 (PORT= overrides)
  test [words]   build, then run every test; words choose among the HTTP tests: files of t/http,
                 expressions for pytest's -k or, from the first word with a dash on, its options
  sanitize [address | thread] [words]
                 the same tests, nginx and the module built with AddressSanitizer, the module with
                 UndefinedBehaviorSanitizer as well; then those that render and cross threads, with
                 ThreadSanitizer; or only one of the two
  fuzz [seconds] run every fuzz target for so long (60 seconds); finds stay in build/fuzz
  lint [words]   build, then look at what has changed since it was last clean: clang-tidy, cppcheck,
                 shellcheck, pyflakes; words are parts of what they look at, such as tidy/src/render.
                 Without a build: lint format, layers, words or commits (subjects since LINT_BASE,
                 else since the last tag)
  test-s3        build, then run the S3 tests against a real server, Swift, which runs meanwhile
  bench          build, then measure CPU, latency and memory beside what others need
  test-on bookworm | trixie [verb]
                 make a minimal Debian 12 or 13 under build/systems, then run a verb with its words
                 there; without one, build, start the demo and run every test

NGINX_SOURCE: use the nginx of that source tree instead, built into a folder of its own under build/
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
            printf 'build.sh: there is no verb "%s"\n\n' "$verb" >&2
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
    alone build_nginx_and_module
}

verb_demo() {
    verb_build
    install_missing "${demo_packages[@]}"
    alone fetch_photographs
    exec docs/demo/demo.sh "$nginx_binary" "$output/$module_name" build/photos
}

verb_test() {
    export PRIVATE_IMAGE_WARNINGS=errors
    verb_build
    install_test_packages
    install_fuzz_packages
    alone build_unit_tests build/unit
    alone build_fuzz_targets
    alone fetch_peers
    run_all_tests build/unit "$@"
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
        alone fetch_nginx_source
        NGINX_SOURCE=$root/build/nginx-source/nginx
    fi
    for kind in "${kinds[@]}"; do
        sanitizers=${kind/address/address,undefined}
        export PRIVATE_IMAGE_SANITIZERS=$sanitizers
        verb_build
        alone build_unit_tests "$output/unit"
        "test_with_${kind}_sanitizer" "$@" || status=1
    done
    return "$status"
}

# Needs no nginx: the targets are of the core.
verb_fuzz() {
    local seconds=${1-60} status=0
    [[ $seconds =~ ^[1-9][0-9]*$ ]] || fail "fuzz takes a number of seconds, not \"$seconds\""
    mkdir -p build
    install_missing "${build_packages[@]}"
    install_heif_codecs "${heif_packages[@]}" "${heif_test_packages[@]}"
    install_fuzz_packages
    alone build_fuzz_targets
    reports=build/fuzz/reports
    mkdir -p "$reports"
    run_fuzz_targets "$seconds" || status=1
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

# Swift's libraries alone, which start nothing: the tests run its servers on loopback, in a
# temporary folder, and end them.
verb_test_s3() {
    verb_build
    install_missing "${test_packages[@]}" "${s3_server_packages[@]}"
    start_reports
    local status=0
    run_http_tests s3 s3_against_swift.py "$@" || status=1
    count_tests "$status"
}

# As root: it makes a file system and mounts in it. What is mounted is seen by the commands alone
# that run there, and is gone with the last of them.
verb_test_on() {
    local suite=${1-}
    [[ $suite == bookworm || $suite == trixie ]] ||
        fail "test-on takes bookworm or trixie, not \"$suite\""
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
    alone fetch_photographs
    alone fetch_peers
    alone build_bench
    PRIVATE_IMAGE_MODULE=$output/$module_name NGINX_BINARY=$nginx_binary \
        BARE_LOOP=$root/build/bench/bare_loop PHOTOGRAPHS=$root/build/photos \
        PEER_MODULES=$peer_modules /usr/bin/python3 t/bench/bench.py "$@"
}

# Parts of the tests and of the benchmark

test_with_address_sanitizer() {
    ASAN_OPTIONS=$asan_options UBSAN_OPTIONS=print_stacktrace=1 \
        LSAN_OPTIONS=suppressions=$root/t/sanitize/leaks.supp:print_suppressions=0 \
        run_all_tests "$output/unit" "$@"
}

# Without words, the tests that it is for.
test_with_thread_sanitizer() {
    (($#)) || set -- "${thread_http_tests[@]}"
    TSAN_OPTIONS=$tsan_options:suppressions=$root/t/sanitize/races.supp \
        run_all_tests "$output/unit" "$@"
}

# An npm that came from elsewhere is as good as Debian's.
install_test_packages() {
    install_missing "${test_packages[@]}"
    install_heif_codecs "${heif_test_packages[@]}"
    command -v npm >/dev/null || install_missing ca-certificates nodejs npm
}

build_unit_tests() {
    local folder=$1
    [[ -e $folder/build.ninja ]] ||
        quietly "$folder.log" cmake -S t/unit -B "$folder" -G Ninja \
            -DCMAKE_BUILD_TYPE=RelWithDebInfo -DSANITIZERS="$sanitizers"
    quietly "$folder.log" ninja -C "$folder" -j "$(nproc)"
}

# The unit tests of a folder, and the HTTP tests that the further words choose.
run_all_tests() {
    local folder=$1 status=0
    shift
    start_reports
    run_unit_tests "$folder" unit || status=1
    # The fuzz targets have sanitizers of their own.
    [[ -n $sanitizers ]] || run_fuzz_targets 2 --from-seeds || status=1
    run_http_tests http "$@" || status=1
    count_tests "$status" || status=1
    return "$status"
}

# What all tests of one run are told, and an empty folder for their reports.
start_reports() {
    export PRIVATE_IMAGE_MODULE=$output/$module_name NGINX_BINARY=$nginx_binary
    export PRIVATE_IMAGE_TOOL=$output/$tool_name
    export PRIVATE_IMAGE_TEST_DIR=$output/test PEER_MODULES=$peer_modules
    reports=$output/test/reports
    rm -rf "$reports" "$output"/test/http-* # the latter kept from a run that failed
    mkdir -p "$reports"
}

# Decoders write to stderr of every damaged picture; it is of interest only when a test fails.
run_unit_tests() {
    local folder=$1 report=$2
    "$folder/unit_tests" --gtest_brief=1 --gtest_output="xml:$reports/$report.xml" "${@:3}" \
        2>"$reports/$report.stderr" && return
    cat "$reports/$report.stderr" >&2
    return 1
}

build_bench() {
    [[ -e build/bench/build.ninja ]] ||
        quietly build/bench.log cmake -S t/bench -B build/bench -G Ninja
    quietly build/bench.log ninja -C build/bench -j "$(nproc)"
}

# libFuzzer is in the package of clang's runtime; llvm turns addresses into lines.
install_fuzz_packages() {
    choose_clang
    install_missing "${fuzz_packages[@]}" "clang-$clang" "libclang-rt-$clang-dev" "llvm-$clang"
}

# Another version than the last time cannot go on with that one's objects.
build_fuzz_targets() {
    local objects=build/fuzz/objects
    grep -qs "^CMAKE_CXX_COMPILER:[A-Z]*=.*clang++-$clang$" $objects/CMakeCache.txt ||
        rm -rf $objects
    [[ -e $objects/build.ninja ]] ||
        quietly build/fuzz.log cmake -S t/fuzz -B $objects -G Ninja \
            -DCMAKE_CXX_COMPILER="clang++-$clang"
    echo "${PRIVATE_IMAGE_WARNINGS:+-Werror}" >$objects/warnings # "errors" is its only value
    compile build/fuzz.log $objects ninja -C $objects -j "$(nproc)"
}

run_fuzz_targets() {
    ASAN_SYMBOLIZER_PATH=/usr/lib/llvm-$clang/bin/llvm-symbolizer /usr/bin/python3 t/fuzz/run.py build/fuzz "$1" "$reports/fuzz.xml" "${@:2}"
}

# Side by side, a file in one process, but for those that compare times: they come afterwards, alone.
run_http_tests() {
    local report=$reports/$1 word expression='' arguments=() kind status=0 chosen='' failed=''
    shift
    while (($#)); do
        word=$1
        if [[ $word == -* ]]; then
            arguments+=("$@")
            break
        elif [[ -e t/http/${word%%::*} ]]; then
            arguments+=("$word")
        else
            expression+="${expression:+ or }($word)"
        fi
        shift
    done
    [[ -z $expression ]] || arguments=(-k "$expression" "${arguments[@]}")
    for kind in 'not measures' measures; do
        status=0
        run_pytest "$report-${kind// /-}.xml" "$kind" "${arguments[@]}" || status=$?
        case $status in
            0) chosen=yes ;;
            5) ;; # none of this kind is among the chosen ones
            *) failed=yes ;;
        esac
    done
    [[ $chosen && ! $failed ]]
}

# The options that were given come last, and count: -n 0 is one process.
run_pytest() {
    local report=$1 kind=$2 processes=()
    [[ $kind == measures ]] || processes=(-n "$(nproc)" --dist loadfile)
    (cd t/http && /usr/bin/python3 -m pytest -q -rfEs --rootdir=. --junitxml="$report" \
        -m "$kind" "${processes[@]}" --continue-on-collection-errors \
        -o "cache_dir=$output/test/pytest" "${@:3}")
}

# Prints the last line; false when it tells of a failure. A run that ended badly without a
# failed test to show for it (a crash, nothing chosen) counts as a failed one.
count_tests() {
    /usr/bin/python3 - "$1" "$reports"/*.xml <<'END'
import sys
import xml.etree.ElementTree as tree

passed = failed = skipped = 0
for report in sys.argv[2:]:
    try:
        cases = list(tree.parse(report).iter("testcase"))
    except (OSError, tree.ParseError):
        failed += 1
        continue
    for case in cases:
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            skipped += 1
        else:
            passed += 1
if sys.argv[1] != "0" and not failed:
    failed = 1
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(failed != 0)
END
}

# The build

choose_nginx() {
    if [[ $root == *[[:space:]]* ]]; then
        fail "nginx's build cannot live in a folder with blanks in its name: $root"
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
        fail "this is no nginx source tree: $1"
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

# What nginx is linked with, so that it stands before GLib.
build_glib_locks() {
    local source=t/sanitize/glib_locks.cpp library=$output/glib_locks.so flags
    [[ $source -nt $library ]] || return 0
    read -ra flags < <(pkg-config --cflags glib-2.0)
    quietly "$output/glib_locks.log" g++ -std=c++20 -Wall -Wextra -Werror -O1 -g -fPIC -shared \
        -fsanitize=thread "${flags[@]}" -o "$library" "$source" -Wl,--no-as-needed -lglib-2.0
}

# The command-line tool, of the objects that the module was made of; with the same flags, which the
# last two of nginx's carry.
build_tool() {
    local flags=("$@") objects=$output/tool told
    told=$(printf '%s\n' "${flags[@]: -2}" && cat "$output/module.told")
    [[ $(cat "$objects.told" 2>/dev/null) == "$told" ]] || rm -rf "$objects"
    compile "$output/tool.log" "$objects" make -C src/tools -j "$(nproc)" OUTPUT="$output" \
        CXXFLAGS="${flags[-2]#--with-cc-opt=}" LDFLAGS="${flags[-1]#--with-ld-opt=}"
    echo "$told" >"$objects.told"
    publish "$objects/$tool_name" "$output/$tool_name"
}

make_in_tree() {
    make -C "$nginx_tree" -j "$(nproc)" -f "$@"
}

# Fills the caller's `flags`: what the binary was configured with, which the module's must equal,
# and Debian's compiler flags, hardening included.
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
        # nginx's own core is not clean under UndefinedBehaviorSanitizer. Its pools are made to ask
        # malloc for every piece, whose limits are then watched.
        # Frame pointers are what the reports' stacks are read by.
        local options="-fsanitize=${sanitizers%%,*} -O1 -g -fno-omit-frame-pointer"
        # Modules stay in memory, so that what a report names in them can be told at the very end.
        local linked="-fsanitize=$sanitizers -Wl,-z,nodelete"
        [[ $sanitizers != thread ]] || linked+=" $output/glib_locks.so"
        flags+=(--with-cc-opt="$options -DNGX_DEBUG_PALLOC=1" --with-ld-opt="$linked")
        return
    fi
    local -x DEB_BUILD_MAINT_OPTIONS=hardening=+bindnow
    flags+=(--with-cc-opt="$(dpkg-buildflags --get CFLAGS) $(dpkg-buildflags --get CPPFLAGS)"
        --with-ld-opt="$(dpkg-buildflags --get LDFLAGS)")
}

# The tree that was given stays as it is: nginx's configure and make run in a copy of what they
# need.
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

# In the copy.
order_threads() {
    local file
    for file in src/os/unix/ngx_atomic.h src/core/ngx_{spinlock,thread_pool}.c; do
        grep -q __atomic_ "$nginx_tree/$file" ||
            sed -i -f t/sanitize/ordered.sed "$nginx_tree/$file"
    done
}

# The source of Debian's nginx, without Debian's patches, found through package lists in build/:
# the system's need not list sources.
fetch_nginx_source() {
    [[ ! -e build/nginx-source ]] || return 0
    local new=$root/build/nginx-source.new
    echo "build.sh: fetching the source of nginx"
    rm -rf "$new" build/nginx-source
    mkdir -p "$new"/{nginx,state/lists/partial,cache/archives/partial}
    (
        cd "$new"
        quietly "$root/build/nginx-source.log" download_nginx_source
        tar -xf nginx_*.orig.tar.gz --strip-components=1 -C nginx
        rm -r state cache
    )
    mv "$new" build/nginx-source
}

download_nginx_source() {
    local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    apt-get indextargets --format "deb-src [signed-by=$keyring] \$(REPO_URI) \$(RELEASE) main" \
        'Created-By: Packages' 'Origin: Debian' | sort -u >sources.list
    local apt=(-q -o APT::Sandbox::User=root -o Dir::Etc::SourceList="$PWD/sources.list"
        -o Dir::Etc::SourceParts=/dev/null -o Dir::State="$PWD/state"
        -o Dir::State::status=/var/lib/dpkg/status -o Dir::Cache="$PWD/cache")
    apt-get "${apt[@]}" update && apt-get "${apt[@]}" source --download-only --tar-only nginx
}

# The module's own configuration: again when the flags, its config, or a package under it changed,
# which needs new objects, or when its list of sources did, which needs only a new makefile.
configure_module() {
    local objects=$output/module told sources
    told=$(
        cat config config.make src/nginx/shown.map
        dpkg-query -W -f '${Package} ${Version}\n' nginx nginx-dev g++ libvips-dev 2>/dev/null ||
            true # neither nginx nor nginx-dev is needed with NGINX_SOURCE
    )
    sources=$(find src -path src/tools -prune -o -name '*.cpp' -print | LC_ALL=C sort)
    [[ $(cat "$objects.told" 2>/dev/null) == "$told" ]] || rm -rf "$objects"
    [[ $(cat "$objects.sources" 2>/dev/null) == "$sources" ]] || rm -f "$objects.flags"
    local modules=(--add-dynamic-module="$root")
    [[ -z $sanitizers ]] || modules+=(--add-dynamic-module="$root/t/sanitize")
    PRIVATE_IMAGE_SANITIZERS=$sanitizers configure_nginx "$objects" "$@" "${modules[@]}"
    echo "$told" >"$objects.told"
    echo "$sources" >"$objects.sources"
}

# Runs nginx's configure (several seconds) only when what it was told has changed.
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

# Replaces the result in one step: an nginx that runs keeps the file it has mapped.
publish() {
    cmp -s "$1" "$2" && return
    cp "$1" "$2.new"
    mv "$2.new" "$2"
}

# The photographs of the demo, two Debian packages of wallpapers.
fetch_photographs() {
    unpack build/photos 'usr/share/backgrounds/*.jpg usr/share/doc/lomiri-wallpapers-20.04/copyright' \
        "${photograph_packages[@]}"
}

# Debian's image_filter, for Debian's nginx only. Installed, it would stand in the configuration of
# every nginx here.
fetch_peers() {
    [[ -n $NGINX_SOURCE ]] ||
        unpack "${peer_modules#"$root/"}" 'usr/lib/nginx/modules/*.so' "${peer_packages[@]}"
}

# Puts files of Debian packages into a folder that is not there yet, without installing them.
unpack() {
    local folder=$1 files=$2 new=$root/$1.new package
    shift 2
    [[ ! -e $folder ]] || return 0
    echo "build.sh: fetching $*"
    rm -rf "$new"
    mkdir -p "$new"
    (
        cd "$new"
        quietly "$root/$folder.log" download_packages "$@"
        for package in *.deb; do
            dpkg-deb -x "$package" .
        done
        # shellcheck disable=SC2086 # patterns
        mv $files .
        find . -mindepth 1 -maxdepth 1 \( -type d -o -name '*.deb' \) -exec rm -r {} +
    )
    mv "$new" "$folder"
}

# Needs no root: where the system has no package lists, they are fetched into build/.
download_packages() {
    local sandbox=(-o APT::Sandbox::User=root)
    apt-get -q "${sandbox[@]}" download "$@" && return
    local state=$root/build/apt
    local lists=("${sandbox[@]}" -o Dir::State="$state" -o Dir::State::lists="$state/lists"
        -o Dir::State::status=/var/lib/dpkg/status -o Dir::Cache="$state")
    mkdir -p "$state/lists/partial" "$state/archives/partial"
    apt-get -q "${lists[@]}" update && apt-get -q "${lists[@]}" download "$@"
}

# Other Debians, for test-on

# Once for each; packages that its commands install stay.
make_system() {
    local new=$system.new
    [[ ! -e $system ]] || return 0
    install_missing debootstrap
    echo "build.sh: making a minimal Debian, $1, in build/systems/$1"
    rm -rf "$new"
    quietly "$system.log" unshare --mount \
        debootstrap --variant=minbase "$1" "$new" "$(mirror_of Debian debian)" 8>&-
    cat >"$new/etc/apt/sources.list" <<END
deb $(mirror_of Debian debian) $1 main
deb $(mirror_of Debian debian) $1-updates main
deb $(mirror_of Debian-Security debian-security) $1-security main
END
    apt-config dump | grep -E '^Acquire::(http|https|Check|Retries)' \
        >"$new/etc/apt/apt.conf.d/50host" || true
    mkdir -p "$new"/{usr/local/share,srv/module,srv/nginx}
    cp -r /usr/local/share/ca-certificates "$new/usr/local/share/" 2>/dev/null || true
    mv "$new" "$system"
}

# Where this machine has the archive of that label from.
mirror_of() {
    # shellcheck disable=SC2016 # apt's
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Label: $1" 2>/dev/null |
        sed -n "s|/*\$||p;q" | grep . || echo "http://deb.debian.org/$2"
}

# The working tree without build/: the system has its own, which is kept.
copy_into_system() {
    find "$system/srv/module" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
    tar --exclude=./build -cf - . | tar --no-same-owner -xf - -C "$system/srv/module"
    cp /etc/resolv.conf /etc/hosts "$system/etc/"
}

# Runs build.sh in the system, with a verb and its words, as a child of the first process of its own
# process space: that one inherits whatever loses its parent, and ends it. The network is shared.
# shellcheck disable=SC2317 # called by verb_test_on, in a bash of its own
enter_system() {
    local name kept=()
    mount -t proc proc "$system/proc"
    mount -t sysfs -o ro sysfs "$system/sys"
    mount --rbind /dev "$system/dev"
    mount -t tmpfs tmpfs "$system/dev/shm"
    mount -t tmpfs tmpfs "$system/run"
    if [[ -n $NGINX_SOURCE ]]; then
        mount --bind "$NGINX_SOURCE" "$system/srv/nginx"
        kept=(NGINX_SOURCE=/srv/nginx)
    fi
    for name in TERM PORT http_proxy https_proxy no_proxy; do
        [[ -z ${!name-} ]] || kept+=("$name=${!name}")
    done
    chroot "$system" /usr/bin/env -i HOME=/root LANG=C.UTF-8 \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${kept[@]}" \
        /srv/module/build.sh "$@" || return
}

# Until its page is there; it ends with the first process of its system.
show_demo() {
    local demo seconds
    export PORT=${PORT:-8080}
    "${in_system[@]}" demo 8>&- &
    demo=$!
    for ((seconds = 0; seconds < 1800; seconds++)); do
        ! is_page_at "$PORT" || break
        kill -0 $demo 2>/dev/null || fail "the demo ended before it answered"
        sleep 1
    done
    kill -KILL $demo
    wait $demo 2>/dev/null || true
    while is_page_at "$PORT"; do # its system ends a moment later
        sleep 0.1
    done
    ((seconds < 1800)) || fail "the demo does not answer"
    echo "build.sh: the demo answered on http://127.0.0.1:$PORT/"
}

is_page_at() {
    local line=
    { exec 7<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
    printf 'GET / HTTP/1.0\r\n\r\n' >&7
    read -r line <&7 || true
    exec 7>&-
    [[ $line == 'HTTP/1.1 200 '* ]]
}

# What everything stands on

fail() {
    echo "build.sh: $*" >&2
    exit 1
}

# Runs a command whose output is of interest only when it fails.
quietly() {
    local log=$1
    shift
    mkdir -p "$(dirname "$log")"
    "$@" >"$log" 2>&1 && return
    cat "$log" >&2
    fail "failed: $*"
}

# Compiles into a folder of objects, quietly. What was compiled with a warning is compiled again
# where warnings are errors.
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

# Runs a function while no other build.sh builds here: two at once would write the same files.
alone() {
    mkdir -p build
    (
        flock 9
        "$@" 9>&-
    ) 9>build/.lock
}

install_missing() {
    local package missing=() installed
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
    for package; do
        grep -qx "installed $package" <<<"$installed" || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    echo "build.sh: installing ${missing[*]}"
    quietly build/apt.log as_root apt-get -q update
    quietly build/apt.log as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
        -o DPkg::Lock::Timeout=600 --no-install-recommends install "${missing[@]}"
}

# Where libheif keeps its codecs in packages of their own, which it names at least as suggestions.
install_heif_codecs() {
    # shellcheck disable=SC2016 # dpkg-query's
    ! dpkg-query -W -f '${Depends} ${Recommends} ${Suggests}' libheif1 2>/dev/null |
        grep -q libheif-plugin- || install_missing "$@"
}

# The newest version of clang that is installed, else the newest that apt knows.
choose_clang() {
    for clang in "${clang_versions[@]}"; do
        ! command -v "clang++-$clang" >/dev/null || return 0
    done
    apt_knows_clang || quietly build/apt.log as_root apt-get -q update
    apt_knows_clang || fail "apt knows no clang of the versions ${clang_versions[*]}"
}

apt_knows_clang() {
    for clang in "${clang_versions[@]}"; do
        ! apt_knows "clang-$clang" || return 0
    done
    return 1
}

apt_knows() {
    [[ $(apt-cache pkgnames "$1") =~ (^|$'\n')"$1"($|$'\n') ]]
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "neither root nor sudo: cannot install packages" >&2
        return 1
    fi
}

main "$@"
