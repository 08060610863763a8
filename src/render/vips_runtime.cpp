// Starts and configures libvips for the whole process. Loaders that read from files or sources stay
// blocked, even trusted ones: sources are always in memory, and their content selects the loader.
#include "render/vips_runtime.hpp"

#include <fcntl.h>
#include <glib.h>
#include <malloc.h>
#include <unistd.h>
#include <vips/vips.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <limits>
#include <mutex>
#include <utility>

#include "render/heif/decoder_samples.hpp"
#include "render/idle_threads.hpp"
#include "render/limits.hpp"
#include "render/probe.hpp"
#include "render/render_context.hpp"
#include "render/steps/encode.hpp"
#include "render/steps/load.hpp"
#include "render/vips_plugins.hpp"

namespace private_image {

namespace {

constexpr std::uint64_t watermarkPixels = 16'000'000;

// How many bytes the process may grow before malloc_trim() returns free memory. Most renders leave
// little free memory. A rotated animation left up to 1.6 GB; returning it took 15 to 340 ms, after
// a render of several seconds.
constexpr std::int64_t maxGrowth = 48'000'000;

// Threads that allocate at the same time get an arena each, and an arena never returns memory below
// its topmost block; NGINX gives each render to another thread of its pool, whose caches are cold.
// With two arenas renders take 5 % less CPU than with four, and less memory.
constexpr int arenas = 2;

struct Loader {
    SourceType type;
    const char* className;
    const char* operation;
    bool isTrusted;  // libvips classifies it as safe for untrusted sources
};

constexpr std::array loaders{
    Loader{SourceType::jpeg, "VipsForeignLoadJpegBuffer", "jpegload_buffer", true},
    Loader{SourceType::png, "VipsForeignLoadPngBuffer", "pngload_buffer", true},
    Loader{SourceType::webp, "VipsForeignLoadWebpBuffer", "webpload_buffer", true},
    Loader{SourceType::gif, "VipsForeignLoadNsgifBuffer", "gifload_buffer", true},
    Loader{SourceType::avif, "VipsForeignLoadHeifBuffer", "heifload_buffer", true},
    Loader{SourceType::heic, "VipsForeignLoadHeifBuffer", "heifload_buffer", true},
    Loader{SourceType::tiff, "VipsForeignLoadTiffBuffer", "tiffload_buffer", true},
    Loader{SourceType::svg, "VipsForeignLoadSvgBuffer", "svgload_buffer", false},
    Loader{SourceType::jxl, "VipsForeignLoadJxlBuffer", "jxlload_buffer", false},
};

// Set before the first render thread exists and kept until the process ends: GLib accepts a log
// writer only once, and libvips may log until its last thread has ended.
std::function<void(std::string_view)>& logTarget() {
    static auto* target = new std::function<void(std::string_view)>;
    return *target;
}

std::string_view fieldText(const GLogField& field) {
    const auto* text = static_cast<const char*>(field.value);
    return field.length < 0 ? std::string_view(text)
                            : std::string_view(text, static_cast<std::size_t>(field.length));
}

// Called from render threads through a C library, so it must not throw.
GLogWriterOutput writeLog(GLogLevelFlags level, const GLogField* fields, gsize count, void*) {
    constexpr int loggedLevels =
        G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE;
    if ((level & loggedLevels) == 0 || !logTarget()) {
        return G_LOG_WRITER_HANDLED;
    }
    for (gsize i = 0; i < count; ++i) {
        if (fields[i].value != nullptr && std::string_view(fields[i].key) == "MESSAGE") {
            try {
                logTarget()(printableLine(fieldText(fields[i])));
            } catch (...) {
                return G_LOG_WRITER_UNHANDLED;
            }
        }
    }
    return G_LOG_WRITER_HANDLED;
}

void redirectLog(std::function<void(std::string_view)> logLine) {
    static std::once_flag once;
    logTarget() = std::move(logLine);
    std::call_once(once, [] { g_log_set_writer_func(writeLog, nullptr, nullptr); });
}

bool contains(std::span<const SourceType> types, SourceType type) {
    for (SourceType each : types) {
        if (each == type) {
            return true;
        }
    }
    return false;
}

void blockOperations(std::span<const SourceType> allowed) {
    vips_block_untrusted_set(TRUE);
    vips_operation_block_set("VipsForeignLoad", TRUE);
    for (const Loader& loader : loaders) {
        if (loader.isTrusted || contains(allowed, loader.type)) {
            vips_operation_block_set(loader.className, FALSE);
        }
    }
    // libvips classifies JPEG XL as untrusted, but writing our own pixels with it is safe.
    vips_operation_block_set("VipsForeignSaveJxl", FALSE);
}

bool isInstalled(const char* operation) {
    return vips_type_find("VipsOperation", operation) != 0;
}

// Opening does not need the codec, but computing does.
bool isDecodable(const Image& image) {
    double unused = 0;
    return image && vips_avg(image.get(), &unused, static_cast<void*>(nullptr)) == 0;
}

bool readsSample(SourceType type, std::span<const unsigned char> sample) {
    const bool isRead = isDecodable(openSource(type, sample));
    vips_error_clear();
    return isRead;
}

std::string vipsErrorText(const char* what) {
    const char* text = vips_error_buffer();
    std::string line = std::string(what) + ": " + (text != nullptr ? text : "");
    vips_error_clear();
    return line;
}

// Memory of this process, in bytes; 0 if unknown. proc(5), statm: the second number.
std::int64_t residentBytes() {
    std::array<char, 64> text{};
    const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return 0;
    }
    const ssize_t length = read(file, text.data(), text.size() - 1);
    close(file);
    const char* end = text.data() + std::max<ssize_t>(length, 0);
    const char* blank = std::find(static_cast<const char*>(text.data()), end, ' ');
    std::int64_t pages = 0;
    if (blank != end) {
        std::from_chars(blank + 1, end, pages);  // 0 if it is not a number
    }
    return pages * sysconf(_SC_PAGESIZE);
}

// Reading the size costs some microseconds; asking the allocator for free memory (mallinfo2) took
// up to 40 ms.
void returnFreeMemory() {
#ifdef __GLIBC__
    static std::atomic<std::int64_t> lowest{std::numeric_limits<std::int64_t>::max()};
    std::int64_t now = residentBytes();
    const std::int64_t before = lowest;
    if (before < now && now - before > maxGrowth) {
        malloc_trim(0);
        now = residentBytes();
        lowest = now;
    } else if (now < before) {
        lowest = now;
    }
#endif
}

}  // namespace

bool startVips(std::span<const SourceType> allowed, std::function<void(std::string_view)> logLine,
               std::string& problem) {
    redirectLog(std::move(logLine));
#ifdef __GLIBC__
    // NOLINTNEXTLINE(concurrency-mt-unsafe): there are no other threads yet
    mallopt(M_ARENA_MAX, arenas);
#endif
    if (!initVips()) {
        problem = vipsErrorText("libvips does not start");
        return false;
    }
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    blockOperations(allowed);
    if (!keepIdleThreads()) {
        problem = "cannot start the thread that keeps libvips' threads alive";
        return false;
    }
    return true;
}

void endVipsJob() {
    vips_error_clear();
    vips_thread_shutdown();
    returnFreeMemory();
}

bool canWrite(Format format) {
    if (format == Format::json) {
        return true;
    }
    VipsImage* black = nullptr;
    if (vips_black(&black, 8, 8, "bands", 3, static_cast<void*>(nullptr)) != 0) {
        return false;
    }
    const Image tiny = apply(vips_copy, Image(black), "interpretation", VIPS_INTERPRETATION_sRGB);
    const bool written = tiny && encode(tiny, format, {}).has_value();
    vips_error_clear();
    return written;
}

bool canRead(SourceType type) {
    if (type == SourceType::avif) {
        return readsSample(type, avifSample);
    }
    if (type == SourceType::heic) {
        return readsSample(type, heicSample);
    }
    for (const Loader& loader : loaders) {
        if (loader.type == type) {
            return isInstalled(loader.operation);
        }
    }
    return false;
}

std::string checkWatermark(std::string_view bytes) {
    const std::span<const unsigned char> data(reinterpret_cast<const unsigned char*>(bytes.data()),
                                              bytes.size());
    const auto type = probeType(data);
    if (!type) {
        return "not an image of a known type";
    }
    const Image image = openSource(*type, data);
    if (!image) {
        return vipsErrorText("cannot be decoded");
    }
    const SourceHeader header = readHeader(image, *type, data);
    if (header.frames > 1) {
        return "is an animation";
    }
    if (pixelCount(header.stored.width, header.stored.height, 1) > watermarkPixels) {
        return "has more than 16 megapixels";
    }
    if (!isDecodable(image)) {
        return vipsErrorText("cannot be decoded");
    }
    return {};
}

}  // namespace private_image
