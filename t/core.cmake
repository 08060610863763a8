# The core as a library: all of src but nginx and tools. Included after project() and after the
# compiler options. CORE_PARTS names folders of src if only those are needed.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(CORE REQUIRED IMPORTED_TARGET vips gmodule-no-export-2.0 lcms2 libcrypto nlohmann_json)

set(ROOT ${CMAKE_CURRENT_LIST_DIR}/..)
if(NOT CORE_PARTS)
  set(CORE_PARTS .)
endif()
list(TRANSFORM CORE_PARTS REPLACE "(.+)" "${ROOT}/src/\\1/*.cpp" OUTPUT_VARIABLE CORE_PATTERNS)
file(GLOB_RECURSE CORE_SOURCES CONFIGURE_DEPENDS ${CORE_PATTERNS})
list(FILTER CORE_SOURCES EXCLUDE REGEX "/src/(\\./)?(nginx|tools)/")

# With the objects of nginx's build, which keeps those of each folder in one that has its last name,
# nothing of the core is compiled again.
set(MODULE_OBJECTS "" CACHE PATH "a folder with the core's objects; empty: compile the core")
if(MODULE_OBJECTS)
  string(REGEX REPLACE "[^;]*/([^/;]+/[^/;]+)\\.cpp" "${MODULE_OBJECTS}/\\1.o" CORE_OBJECTS
    "${CORE_SOURCES}")
  set_source_files_properties(${CORE_OBJECTS} PROPERTIES EXTERNAL_OBJECT TRUE)
  add_library(core INTERFACE)
  target_sources(core INTERFACE ${CORE_OBJECTS})
else()
  add_library(core STATIC ${CORE_SOURCES})
  # What most sources include, read once: it halves the time to build.
  target_precompile_headers(core PRIVATE <algorithm> <array> <optional> <span> <string> <vector>)
endif()
if(MODULE_OBJECTS)
  set(CORE_USE INTERFACE)
else()
  set(CORE_USE PUBLIC)
endif()
target_include_directories(core ${CORE_USE} ${ROOT}/src)
target_link_libraries(core ${CORE_USE} PkgConfig::CORE Threads::Threads)
