// The table of directives: the context of each, its reader, and the field it is stored in. Readers
// are in directive_values.cpp and directives_….cpp; merging and defaults in location_config.cpp.

#include "nginx/config/directives.hpp"

#include <array>
#include <exception>

#include "dialect/dialect.hpp"
#include "nginx/config/directive_readers.hpp"
#include "nginx/config/directive_values.hpp"

namespace private_image {
namespace {

// Runs a directive's reader; no exception may reach NGINX.
template <Reader* reader>
char* guarded(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    try {
        return reader(cf, command, conf);
    } catch (const std::exception& exception) {
        return refuse(cf, std::string("not enough memory: ") + exception.what());
    }
}

constexpr auto dialectWords = [] {
    std::array<Word, dialectCount + 2> words{};  // "off" and the end follow the dialects
    for (std::size_t i = 0; i < dialectCount; i++) {
        words[i] = {dialectNames[i], 1 + i};
    }
    words[dialectCount] = {"off", 0};
    return words;
}();
constexpr Word signatureWords[] = {{"private", 0}, {"always", 1}, {nullptr, 0}};
constexpr Word adhocWords[] = {{"off", ngx_uint_t(Adhoc::off)},
                               {"public", ngx_uint_t(Adhoc::publicOnly)},
                               {"signed", ngx_uint_t(Adhoc::withSignature)},
                               {"on", ngx_uint_t(Adhoc::on)},
                               {nullptr, 0}};
constexpr Word unmarkedWords[] = {{"public", ngx_uint_t(Mark::publicImage)},
                                  {"private", ngx_uint_t(Mark::privateImage)},
                                  {nullptr, 0}};
constexpr Word deniedStatusWords[] = {{"401", 401}, {"403", 403}, {"404", 404}, {nullptr, 0}};

constexpr std::uint64_t maxPixelCount = 1'000'000'000'000;
constexpr Range sizeRange{1, std::uint64_t(4) << 30, "a size from 1 to 4g, such as 40m"};
constexpr Range pixelRange{1, maxPixelCount, "a number of pixels, such as 50m for 50 million"};
constexpr Range frameRange{1, 100'000, "a number of frames from 1 to 100000"};
constexpr Range qualityRange{1, 100, "FORMAT=N with N from 1 to 100, such as jpeg=80"};
constexpr Range effortRange{0, 10, "FORMAT=N with N from 0 to 10, such as avif=2"};

template <typename T>
void* table(const T& words) noexcept {
    return const_cast<void*>(static_cast<const void*>(&words));
}

constexpr ngx_uint_t everywhere = NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF;

#define PRIVATE_IMAGE_FIELD(field) NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocationConfig, field)

}  // namespace

ngx_command_t directiveTable[] = {
    {ngx_string("private_image"), NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1, guarded<readGate>,
     PRIVATE_IMAGE_FIELD(dialect), table(dialectWords)},
    {ngx_string("private_image_origin"), everywhere | NGX_CONF_TAKE1, guarded<readOrigin>,
     PRIVATE_IMAGE_FIELD(origin), nullptr},
    {ngx_string("private_image_prefix"), everywhere | NGX_CONF_TAKE1, guarded<readPrefix>,
     PRIVATE_IMAGE_FIELD(prefix), nullptr},
    {ngx_string("private_image_identity"), everywhere | NGX_CONF_TAKE1, guarded<readComplexValue>,
     PRIVATE_IMAGE_FIELD(identity), nullptr},
    {ngx_string("private_image_key"), everywhere | NGX_CONF_TAKE12, guarded<readKey>,
     PRIVATE_IMAGE_FIELD(keys), nullptr},
    {ngx_string("private_image_signature"), everywhere | NGX_CONF_TAKE1, guarded<readSignature>,
     PRIVATE_IMAGE_FIELD(signature), table(signatureWords)},
    {ngx_string("private_image_adhoc"), everywhere | NGX_CONF_TAKE1, guarded<readWord>,
     PRIVATE_IMAGE_FIELD(adhoc), table(adhocWords)},
    {ngx_string("private_image_variant"), everywhere | NGX_CONF_TAKE23, guarded<readVariant>,
     PRIVATE_IMAGE_FIELD(variants), nullptr},
    {ngx_string("private_image_watermark"), everywhere | NGX_CONF_2MORE, guarded<readWatermark>,
     PRIVATE_IMAGE_FIELD(watermarks), nullptr},
    {ngx_string("private_image_flag"), everywhere | NGX_CONF_1MORE, guarded<readFlags>,
     PRIVATE_IMAGE_FIELD(flags), nullptr},
    {ngx_string("private_image_mark"), everywhere | NGX_CONF_TAKE12, guarded<readMark>,
     PRIVATE_IMAGE_FIELD(mark), nullptr},
    {ngx_string("private_image_unmarked"), everywhere | NGX_CONF_TAKE1, guarded<readWord>,
     PRIVATE_IMAGE_FIELD(unmarked), table(unmarkedWords)},
    {ngx_string("private_image_file_mark"), everywhere | NGX_CONF_FLAG, ngx_conf_set_flag_slot,
     PRIVATE_IMAGE_FIELD(fileMark), nullptr},
    {ngx_string("private_image_max_expiry"), everywhere | NGX_CONF_TAKE1, guarded<readMaxExpiry>,
     PRIVATE_IMAGE_FIELD(maxExpiry), nullptr},
    {ngx_string("private_image_denied_status"), everywhere | NGX_CONF_TAKE1, guarded<readWord>,
     PRIVATE_IMAGE_FIELD(deniedStatus), table(deniedStatusWords)},
    {ngx_string("private_image_renders"), everywhere | NGX_CONF_TAKE12, guarded<readRenders>,
     PRIVATE_IMAGE_FIELD(queue), nullptr},
    {ngx_string("private_image_thread_pool"), everywhere | NGX_CONF_TAKE1, guarded<readThreadPool>,
     PRIVATE_IMAGE_FIELD(pool), nullptr},
    {ngx_string("private_image_timeout"), everywhere | NGX_CONF_TAKE1, guarded<readShortTime>,
     PRIVATE_IMAGE_FIELD(timeout), nullptr},
    {ngx_string("private_image_render_timeout"), everywhere | NGX_CONF_TAKE1,
     guarded<readShortTime>, PRIVATE_IMAGE_FIELD(renderTimeout), nullptr},
    {ngx_string("private_image_max_source_size"), everywhere | NGX_CONF_TAKE1, guarded<readSize>,
     PRIVATE_IMAGE_FIELD(maxSourceSize), table(sizeRange)},
    {ngx_string("private_image_max_source_pixels"), everywhere | NGX_CONF_TAKE1, guarded<readCount>,
     PRIVATE_IMAGE_FIELD(maxSourcePixels), table(pixelRange)},
    {ngx_string("private_image_max_progressive_pixels"), everywhere | NGX_CONF_TAKE1,
     guarded<readCount>, PRIVATE_IMAGE_FIELD(maxProgressivePixels), table(pixelRange)},
    {ngx_string("private_image_max_output_pixels"), everywhere | NGX_CONF_TAKE1, guarded<readCount>,
     PRIVATE_IMAGE_FIELD(maxOutputPixels), table(pixelRange)},
    {ngx_string("private_image_max_frames"), everywhere | NGX_CONF_TAKE1, guarded<readCount>,
     PRIVATE_IMAGE_FIELD(maxFrames), table(frameRange)},
    {ngx_string("private_image_source_types"), everywhere | NGX_CONF_1MORE,
     guarded<readSourceTypes>, PRIVATE_IMAGE_FIELD(sourceTypes), nullptr},
    {ngx_string("private_image_format"), everywhere | NGX_CONF_TAKE1, guarded<readFormat>,
     PRIVATE_IMAGE_FIELD(format), nullptr},
    {ngx_string("private_image_auto_formats"), everywhere | NGX_CONF_1MORE,
     guarded<readAutoFormats>, PRIVATE_IMAGE_FIELD(autoFormats), nullptr},
    {ngx_string("private_image_quality"), everywhere | NGX_CONF_1MORE, guarded<readPerFormat>,
     PRIVATE_IMAGE_FIELD(quality), table(qualityRange)},
    {ngx_string("private_image_effort"), everywhere | NGX_CONF_1MORE, guarded<readPerFormat>,
     PRIVATE_IMAGE_FIELD(effort), table(effortRange)},
    {ngx_string("private_image_cache_path"), NGX_HTTP_MAIN_CONF | NGX_CONF_2MORE,
     ngx_http_file_cache_set_slot, NGX_HTTP_MAIN_CONF_OFFSET, offsetof(MainConfig, caches),
     &ngx_http_private_image_module},
    {ngx_string("private_image_cache"), everywhere | NGX_CONF_TAKE1, guarded<readCache>,
     PRIVATE_IMAGE_FIELD(cache), nullptr},
    {ngx_string("private_image_cache_valid"), everywhere | NGX_CONF_TAKE1, guarded<readLifetime>,
     PRIVATE_IMAGE_FIELD(cacheValid), nullptr},
    {ngx_string("private_image_cache_use_stale"), everywhere | NGX_CONF_TAKE1,
     guarded<readLifetime>, PRIVATE_IMAGE_FIELD(cacheUseStale), table("off")},
    {ngx_string("private_image_cache_bypass"), everywhere | NGX_CONF_1MORE,
     ngx_http_set_predicate_slot, PRIVATE_IMAGE_FIELD(cacheBypass), nullptr},
    {ngx_string("private_image_cache_min_uses"), everywhere | NGX_CONF_TAKE1, guarded<readMinUses>,
     PRIVATE_IMAGE_FIELD(cacheMinUses), nullptr},
    {ngx_string("private_image_mark_valid"), everywhere | NGX_CONF_TAKE1, guarded<readLongTime>,
     PRIVATE_IMAGE_FIELD(markValid), nullptr},
    {ngx_string("private_image_missing_valid"), everywhere | NGX_CONF_TAKE1, guarded<readLongTime>,
     PRIVATE_IMAGE_FIELD(missingValid), nullptr},
    {ngx_string("private_image_shared_cache"), everywhere | NGX_CONF_FLAG, ngx_conf_set_flag_slot,
     PRIVATE_IMAGE_FIELD(sharedCache), nullptr},
    {ngx_string("private_image_zone"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, guarded<readZone>,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {ngx_string("private_image_status"), NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS | NGX_CONF_TAKE1,
     guarded<readStatus>, PRIVATE_IMAGE_FIELD(statusFormat), nullptr},
    {ngx_string("private_image_purge"), NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS | NGX_CONF_TAKE1,
     guarded<readPurge>, PRIVATE_IMAGE_FIELD(isPurge), nullptr},
    {ngx_string("private_image_sign"),
     NGX_HTTP_LOC_CONF | NGX_CONF_TAKE2 | NGX_CONF_TAKE3 | NGX_CONF_TAKE4, guarded<readSign>,
     PRIVATE_IMAGE_FIELD(sign), nullptr},
    {ngx_string("private_image_signed"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE4 | NGX_CONF_TAKE5,
     guarded<readSigned>, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    ngx_null_command};

}  // namespace private_image
