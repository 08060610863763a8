# Builds and runs the tests of all kinds. Sourced by build.sh.

# detect_odr_violation: every dynamic module defines ngx_modules and two more names that nginx
# defines as well. verify_asan_link_order: tests preload libraries, which are loaded before the
# sanitizer. intercept_tls_get_addr: it would misread one in 256 blocks of thread-local variables as
# that of an old C library, and LeakSanitizer would follow the bytes before it as an address.
readonly asan_options=detect_odr_violation=0:detect_leaks=1:allocator_may_return_null=1:\
verify_asan_link_order=0:intercept_tls_get_addr=0
# ignore_noninstrumented_modules would suppress more reports of libvips, but also all of our
# memcpy().
readonly tsan_options=die_after_fork=0:history_size=5
beside_http_tests= # a process group; set by test_everything
# Tests of code that crosses from the event loop into threads and back.
readonly thread_http_tests=(test_planted_faults.py test_derivatives.py test_single_flight.py
    test_limits.py test_clients.py)

# The HTTP tests wait more than they compute: what needs no nginx is built and run beside them.
test_everything() {
    verb_build
    install_test_packages
    install_fuzz_packages
    locked fetch_peers
    start_reports
    local status=0
    set -m # a process group of its own
    test_core >"$reports/core.log" 2>&1 &
    set +m
    beside_http_tests=$!
    trap 'kill -- "-$beside_http_tests" 2>/dev/null || true' EXIT
    run_http_tests http "$@" || status=1
    count_tests "$status"
}

# Unit tests and fuzz targets of the module's own objects. Tests that build something meanwhile do
# not wait for the lock.
test_core() {
    local status=0 folder=$output/module-unit objects=$output/module/addon lock=build/.tests.lock
    locked build_unit_tests "$folder" "$objects"
    run_unit_tests "$folder" unit || status=1
    locked build_fuzz_targets "$output/module-fuzz" "$objects"
    run_fuzz_targets "$output/module-fuzz" 1 --from-seeds || status=1
    return "$status"
}

# Needs no nginx. A word without GoogleTest's wildcards chooses tests that contain it.
test_units() {
    local filter=${1-*} status=0
    [[ $filter == *[*?:.-]* ]] || filter="*$filter*"
    mkdir -p build
    install_missing "${build_packages[@]}" "${unit_test_packages[@]}"
    install_heif_codecs "${heif_packages[@]}" "${heif_test_packages[@]}"
    locked build_unit_tests build/unit
    reports=$root/build/unit/reports
    mkdir -p "$reports"
    run_unit_tests build/unit unit --gtest_filter="$filter" || status=1
    count_tests "$status"
}

test_http() {
    local status=0
    verb_build
    install_test_packages
    locked fetch_peers
    start_reports
    run_http_tests http "$@" || status=1
    count_tests "$status"
}

# Under a sanitizer: runs the unit tests and the HTTP tests that the words choose, and under
# AddressSanitizer the fuzz targets.
run_sanitized_tests() {
    local status=0
    start_reports
    run_unit_tests "$output/unit" unit || status=1
    [[ $sanitizers == thread ]] || run_fuzz_targets build/fuzz 2 --from-seeds || status=1
    run_http_tests http "$@" || status=1
    count_tests "$status" || status=1
    return "$status"
}

test_with_address_sanitizer() {
    install_fuzz_packages
    locked build_fuzz_targets build/fuzz
    ASAN_OPTIONS=$asan_options UBSAN_OPTIONS=print_stacktrace=1 \
        LSAN_OPTIONS=suppressions=$root/t/sanitize/leaks.supp:print_suppressions=0 \
        run_sanitized_tests "$@"
}

# Without words, runs the tests of threads.
test_with_thread_sanitizer() {
    (($#)) || set -- "${thread_http_tests[@]}"
    TSAN_OPTIONS=$tsan_options:suppressions=$root/t/sanitize/races.supp \
        run_sanitized_tests "$@"
}

# Any npm is sufficient, also one that is not Debian's.
install_test_packages() {
    install_missing "${test_packages[@]}"
    install_heif_codecs "${heif_test_packages[@]}"
    command -v npm >/dev/null || install_missing ca-certificates nodejs npm
}

# Sets the environment of all tests of one run, and creates an empty folder for their reports.
start_reports() {
    export PRIVATE_IMAGE_MODULE=$output/$module_name NGINX_BINARY=$nginx_binary
    export PRIVATE_IMAGE_TOOL=$output/$tool_name
    export PRIVATE_IMAGE_TEST_DIR=$output/test PEER_MODULES=$peer_modules
    reports=$output/test/reports
    rm -rf "$reports" "$output"/test/http-* # the latter remain after a failed run
    mkdir -p "$reports"
}

# Prints the number of tests; false if one has failed. A run that ended with an error but without a
# failed test (a crash, no test chosen) counts as one failure.
count_tests() {
    /usr/bin/python3 t/count_tests.py "$1" "$reports"/*.xml
}

# `objects`: of the module's build, in place of compiling the core; the tests are then compiled by
# clang, which needs half the time.
build_unit_tests() {
    local folder=$1 objects=${2-}
    [[ -e $folder/build.ninja ]] ||
        quietly "$folder.log" cmake -S t/unit -B "$folder" -G Ninja \
            ${objects:+-DCMAKE_CXX_COMPILER="clang++-$clang"} \
            -DSANITIZERS="$sanitizers" -DMODULE_OBJECTS="$objects"
    quietly "$folder.log" ninja -C "$folder" -j "$(nproc)"
}

# Each processor runs its share of the tests. Decoders write to stderr for every damaged picture, so
# stderr is shown only if a test fails.
run_unit_tests() {
    local folder=$1 report=$reports/$2 share shares status=0 running=()
    shares=$(nproc)
    for ((share = 0; share < shares; share++)); do
        GTEST_TOTAL_SHARDS=$shares GTEST_SHARD_INDEX=$share \
            "$folder/unit_tests" --gtest_brief=1 --gtest_output="xml:$report-$share.xml" "${@:3}" \
            2>"$report-$share.stderr" &
        running+=($!)
    done
    for ((share = 0; share < shares; share++)); do
        wait "${running[share]}" && continue
        cat "$report-$share.stderr" >&2
        status=1
    done
    return "$status"
}

# libFuzzer is in the package of clang's runtime; llvm's symbolizer turns addresses into lines.
install_fuzz_packages() {
    choose_clang
    install_missing "${fuzz_packages[@]}" "clang-$clang" "libclang-rt-$clang-dev" "llvm-$clang"
}

# `module_objects`: of the module's build, in place of a core with sanitizers. Another version of
# clang cannot reuse the objects of the previous one.
build_fuzz_targets() {
    local folder=$1 objects=$1/objects module_objects=${2-}
    grep -qs "^CMAKE_CXX_COMPILER:[A-Z]*=.*clang++-$clang$" "$objects/CMakeCache.txt" ||
        rm -rf "$objects"
    [[ -e $objects/build.ninja ]] ||
        quietly "$folder.log" cmake -S t/fuzz -B "$objects" -G Ninja \
            -DCMAKE_CXX_COMPILER="clang++-$clang" -DMODULE_OBJECTS="$module_objects"
    echo "${PRIVATE_IMAGE_WARNINGS:+-Werror}" >"$objects/warnings" # "errors" is its only value
    compile "$folder.log" "$objects" ninja -C "$objects" -j "$(nproc)"
}

run_fuzz_targets() {
    ASAN_SYMBOLIZER_PATH=/usr/lib/llvm-$clang/bin/llvm-symbolizer \
        /usr/bin/python3 t/fuzz/run.py "$1" "$2" "$reports/fuzz.xml" "${@:3}"
}

# Runs test files in parallel, each in one process; then, one after the other, tests that measure
# time.
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
        if [[ $kind == measures ]]; then
            wait_for_tests_beside || failed=yes
            ((${#arguments[@]})) || mapfile -t arguments < <(files_that_measure)
        fi
        run_pytest "$report-${kind// /-}.xml" "$kind" "${arguments[@]}" || status=$?
        case $status in
            0) chosen=yes ;;
            5) ;; # no test of this kind was chosen
            *) failed=yes ;;
        esac
    done
    [[ $chosen && ! $failed ]]
}

files_that_measure() {
    (cd t/http && grep -l 'mark\.measures' test_*.py)
}

# False if one of the tests that test_everything() runs beside the HTTP tests has failed.
wait_for_tests_beside() {
    [[ -n $beside_http_tests ]] || return 0
    wait "$beside_http_tests" && return
    cat "$reports/core.log"
    return 1
}

# Two processes more than there are processors, since tests also wait. They share what Python has
# compiled. Given options come last and take precedence: -n 0 uses one process.
run_pytest() {
    local report=$1 kind=$2 processes=()
    [[ $kind == measures ]] || processes=(-n $(($(nproc) + 2)) --dist loadfile)
    (cd t/http && PYTHONDONTWRITEBYTECODE='' PYTHONPYCACHEPREFIX=$output/test/compiled \
        /usr/bin/python3 -m pytest -q -rfEs --rootdir=. --junitxml="$report" \
        -m "$kind" "${processes[@]}" --continue-on-collection-errors \
        -o "cache_dir=$output/test/pytest" "${@:3}")
}
