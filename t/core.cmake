# The core as a library: all of src but nginx and tools. Included after project() and after the
# compiler options. CORE_PARTS names folders of src if only those are needed.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(CORE REQUIRED IMPORTED_TARGET vips lcms2 libcrypto nlohmann_json)

set(ROOT ${CMAKE_CURRENT_LIST_DIR}/..)
if(NOT CORE_PARTS)
  set(CORE_PARTS .)
endif()
list(TRANSFORM CORE_PARTS REPLACE "(.+)" "${ROOT}/src/\\1/*.cpp" OUTPUT_VARIABLE CORE_PATTERNS)
file(GLOB_RECURSE CORE_SOURCES CONFIGURE_DEPENDS ${CORE_PATTERNS})
list(FILTER CORE_SOURCES EXCLUDE REGEX "/src/(\\./)?(nginx|tools)/")
add_library(core STATIC ${CORE_SOURCES})
target_include_directories(core PUBLIC ${ROOT}/src)
target_link_libraries(core PUBLIC PkgConfig::CORE Threads::Threads)
# What most sources include, read once: it halves the time to build. The module's own build has no
# such header, so that a source without one of its includes is still found.
target_precompile_headers(core PRIVATE <algorithm> <array> <optional> <span> <string> <vector>)
