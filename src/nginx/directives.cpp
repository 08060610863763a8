// The text of the configuration to settings, with an [emerg] that says what to write instead.
// Merging, defaults and checks that need several directives are location_config's.

#include "nginx/directives.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <span>

#include "access/digest.hpp"
#include "base/encoding.hpp"
#include "dialect/cloudflare.hpp"
#include "dialect/imagekit.hpp"
#include "nginx/location_config.hpp"
#include "nginx/pool.hpp"
#include "nginx/purge.hpp"
#include "nginx/render_job.hpp"
#include "nginx/status_page.hpp"
#include "render/vips_runtime.hpp"
#include "transform/canonical.hpp"

namespace private_image {
namespace {

constexpr std::size_t longestWatermark = 16 << 20;
constexpr std::size_t longestKeyFile = 64 << 10;

// ------------------------------------------------------------------ reading and refusing

using Arguments = std::span<ngx_str_t>;

Arguments argumentsOf(ngx_conf_t* cf) {
    return {static_cast<ngx_str_t*>(cf->args->elts) + 1, cf->args->nelts - 1};
}

std::string quoted(std::string_view text) {
    return '"' + std::string(text.substr(0, 200)) + '"';
}

std::string directiveName(ngx_conf_t* cf) {
    return std::string(view(*static_cast<ngx_str_t*>(cf->args->elts)));
}

char* refuse(ngx_conf_t* cf, const std::string& text) {
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", text.c_str());
    return static_cast<char*>(NGX_CONF_ERROR);
}

char* refuseValue(ngx_conf_t* cf, std::string_view value, const std::string& instead) {
    return refuse(cf, "invalid value " + quoted(value) + " in " + quoted(directiveName(cf)) +
                          ", write " + instead);
}

char* duplicate() {
    return const_cast<char*>("is duplicate");
}

Position here(ngx_conf_t* cf) {
    return {cf->conf_file->file.name, cf->conf_file->line};
}

LocationConfig& locationOf(void* conf) {
    return *static_cast<LocationConfig*>(conf);
}

MainConfig& mainOf(ngx_conf_t* cf) {
    return *static_cast<MainConfig*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_private_image_module));
}

template <typename T>
T& fieldOf(void* conf, ngx_command_t* command) {
    return *reinterpret_cast<T*>(static_cast<char*>(conf) + command->offset);
}

// Runs a directive's reader; no exception may reach NGINX.
using Reader = char* (*)(ngx_conf_t*, ngx_command_t*, void*);

template <Reader reader>
char* guarded(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    try {
        return reader(cf, command, conf);
    } catch (const std::exception& exception) {
        return refuse(cf, std::string("not enough memory: ") + exception.what());
    }
}

// ------------------------------------------------------------------ words, numbers, times

struct Word {
    const char* text;
    ngx_uint_t value;
};

// `command->post` is an array of words that ends with a null text.
char* readWord(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    auto& field = fieldOf<ngx_uint_t>(conf, command);
    if (field != NGX_CONF_UNSET_UINT) {
        return duplicate();
    }
    std::string choices;
    const std::string_view value = view(argumentsOf(cf)[0]);
    for (auto* word = static_cast<const Word*>(command->post); word->text != nullptr; word++) {
        if (value == word->text) {
            field = word->value;
            return NGX_CONF_OK;
        }
        choices += (choices.empty() ? "" : word[1].text == nullptr ? " or " : ", ");
        choices += word->text;
    }
    return refuseValue(cf, value, choices);
}

struct Range {
    std::uint64_t least, most;
    const char* instead;
};

// Decimal, with k, m or g for thousands, millions and billions.
std::optional<std::uint64_t> parseNumber(std::string_view text, const Range& range) {
    std::uint64_t unit = 1;
    if (!text.empty()) {
        switch (text.back() | 0x20) {
            case 'k':
                unit = 1'000;
                break;
            case 'm':
                unit = 1'000'000;
                break;
            case 'g':
                unit = 1'000'000'000;
                break;
        }
    }
    if (unit != 1) {
        text.remove_suffix(1);
    }
    const auto number = parseUnsigned(text, range.most);
    if (!number || *number > range.most / unit || *number * unit < range.least) {
        return std::nullopt;
    }
    return *number * unit;
}

char* readNumber(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    auto& field = fieldOf<size_t>(conf, command);
    if (field != NGX_CONF_UNSET_SIZE) {
        return duplicate();
    }
    const auto& range = *static_cast<const Range*>(command->post);
    const auto number = parseNumber(view(argumentsOf(cf)[0]), range);
    if (!number) {
        return refuseValue(cf, view(argumentsOf(cf)[0]), range.instead);
    }
    field = *number;
    return NGX_CONF_OK;
}

char* readSize(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    auto& field = fieldOf<size_t>(conf, command);
    if (field != NGX_CONF_UNSET_SIZE) {
        return duplicate();
    }
    ngx_str_t& value = argumentsOf(cf)[0];
    const off_t size = ngx_parse_offset(&value);
    const auto& range = *static_cast<const Range*>(command->post);
    if (size == NGX_ERROR || static_cast<std::uint64_t>(size) < range.least ||
        static_cast<std::uint64_t>(size) > range.most) {
        return refuseValue(cf, view(value), range.instead);
    }
    field = static_cast<size_t>(size);
    return NGX_CONF_OK;
}

char* readMilliseconds(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    auto& field = fieldOf<ngx_msec_t>(conf, command);
    if (field != NGX_CONF_UNSET_MSEC) {
        return duplicate();
    }
    ngx_str_t& value = argumentsOf(cf)[0];
    const ngx_int_t time = ngx_parse_time(&value, 0);
    if (time == NGX_ERROR || time < 1 || time > 86'400'000) {
        return refuseValue(cf, view(value), "a time from 1ms to 1d, such as 10s");
    }
    field = static_cast<ngx_msec_t>(time);
    return NGX_CONF_OK;
}

char* readMaxExpiry(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    auto& field = fieldOf<time_t>(conf, command);
    if (field != NGX_CONF_UNSET) {
        return duplicate();
    }
    ngx_str_t& value = argumentsOf(cf)[0];
    if (view(value) == "off") {
        field = 0;
        return NGX_CONF_OK;
    }
    const ngx_int_t time = ngx_parse_time(&value, 1);
    if (time == NGX_ERROR || time < 1) {
        return refuseValue(cf, view(value), "a time such as 7d, or off");
    }
    field = time;
    return NGX_CONF_OK;
}

constexpr std::int64_t longestTime = 3650LL * 86'400;  // seconds

// In milliseconds, 0 included.
char* readLongTime(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    auto& field = fieldOf<ngx_msec_t>(conf, command);
    if (field != NGX_CONF_UNSET_MSEC) {
        return duplicate();
    }
    ngx_str_t& value = argumentsOf(cf)[0];
    const ngx_int_t time = ngx_parse_time(&value, 0);
    if (time == NGX_ERROR || time > longestTime * 1000) {
        return refuseValue(cf, view(value), "a time from 0 to 3650d, such as 10m");
    }
    field = static_cast<ngx_msec_t>(time);
    return NGX_CONF_OK;
}

// In seconds, 0 included.
char* readLifetime(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    auto& field = fieldOf<time_t>(conf, command);
    if (field != NGX_CONF_UNSET) {
        return duplicate();
    }
    ngx_str_t& value = argumentsOf(cf)[0];
    const bool isOff = command->post != nullptr && view(value) == "off";
    const ngx_int_t time = isOff ? 0 : ngx_parse_time(&value, 1);
    if (time == NGX_ERROR || time > longestTime) {
        return refuseValue(cf, view(value),
                           std::string("a time from 0 to 3650d, such as 1h") +
                               (command->post != nullptr ? ", or off" : ""));
    }
    field = time;
    return NGX_CONF_OK;
}

// ------------------------------------------------------------------ the gate and its origin

char* readGate(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    LocationConfig& location = locationOf(conf);
    if (char* problem = readWord(cf, command, conf); problem != NGX_CONF_OK) {
        return problem;
    }
    location.gatePosition = makeInPool<Position>(cf->pool, here(cf));
    location.gateLocation = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    return NGX_CONF_OK;
}

char* readSignature(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    locationOf(conf).signaturePosition = makeInPool<Position>(cf->pool, here(cf));
    return readWord(cf, command, conf);
}

// Compiles a value with variables.
ngx_http_complex_value_t* compile(ngx_conf_t* cf, ngx_str_t* value) {
    auto* compiled = static_cast<ngx_http_complex_value_t*>(
        ngx_pcalloc(cf->pool, sizeof(ngx_http_complex_value_t)));
    if (compiled == nullptr) {
        throw std::bad_alloc();
    }
    ngx_http_compile_complex_value_t request{};
    request.cf = cf;
    request.value = value;
    request.complex_value = compiled;
    return ngx_http_compile_complex_value(&request) == NGX_OK ? compiled : nullptr;
}

char* readComplexValue(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    auto& field = fieldOf<ngx_http_complex_value_t*>(conf, command);
    if (field != NGX_CONF_UNSET_PTR) {
        return duplicate();
    }
    field = compile(cf, &argumentsOf(cf)[0]);
    return field == nullptr ? static_cast<char*>(NGX_CONF_ERROR) : NGX_CONF_OK;
}

char* readOrigin(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    if (location.originSet != NGX_CONF_UNSET) {
        return duplicate();
    }
    location.originSet = 1;
    location.originPosition = makeInPool<Position>(cf->pool, here(cf));
    ngx_str_t& value = argumentsOf(cf)[0];
    if (value.len > 1 && value.data[0] == '@') {
        location.namedOrigin = value;
        return NGX_CONF_OK;
    }
    const bool isUri = value.len != 0 && (value.data[0] == '/' || value.data[0] == '$') &&
                       view(value).find_first_of("?#") == std::string_view::npos;
    if (!isUri) {
        return refuseValue(cf, view(value),
                           "the URI of an internal location without arguments, such as "
                           "/origin$private_image_path, "
                           "or a named location, such as @origin");
    }
    location.origin = compile(cf, &value);
    return location.origin == nullptr ? static_cast<char*>(NGX_CONF_ERROR) : NGX_CONF_OK;
}

char* readPrefix(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    if (location.prefix.data != nullptr) {
        return duplicate();
    }
    std::string prefix(view(argumentsOf(cf)[0]));
    if (prefix.empty() || prefix.front() != '/' || prefix.find_first_of("?#") != prefix.npos) {
        return refuseValue(cf, prefix, "the path that stands before the images', such as /img/");
    }
    if (prefix.back() != '/') {
        prefix += '/';
    }
    location.prefix = copyInto(cf->pool, prefix);
    return NGX_CONF_OK;
}

char* readFlags(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    if (location.flags != NGX_CONF_UNSET_PTR) {
        return duplicate();
    }
    location.flags = makeInPool<std::vector<std::string>>(cf->pool);
    for (const ngx_str_t& argument : argumentsOf(cf)) {
        std::string name(view(argument));
        const bool isToken = !name.empty() && name.size() <= 128 &&
                             std::all_of(name.begin(), name.end(), [](unsigned char c) {
                                 return std::isalnum(c) || std::strchr("!#$%&'*+-.^_`|~", c);
                             });
        if (!isToken) {
            return refuseValue(cf, name, "names of response headers, such as Is-Private-File");
        }
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return std::tolower(c); });
        location.flags->push_back(std::move(name));
    }
    return NGX_CONF_OK;
}

// ------------------------------------------------------------------ files

struct FileContent {
    std::string bytes;
    std::string problem;  // empty: read
    bool othersMayRead = false;
};

FileContent readFile(ngx_conf_t* cf, ngx_str_t* name, std::size_t longest) {
    FileContent content;
    if (ngx_conf_full_name(cf->cycle, name, 1) != NGX_OK) {
        content.problem = "not enough memory";
        return content;
    }
    struct stat status {};
    const char* path = reinterpret_cast<const char*>(name->data);
    if (stat(path, &status) != 0) {
        content.problem = std::strerror(errno);
    } else if (S_ISDIR(status.st_mode)) {
        content.problem = "it is a directory, name a file";
    } else if (!S_ISREG(status.st_mode)) {
        content.problem = "it is not a regular file";
    } else if (static_cast<std::uint64_t>(status.st_size) > longest) {
        content.problem = "it is longer than " + std::to_string(longest) + " bytes";
    }
    if (!content.problem.empty()) {
        return content;
    }
    content.othersMayRead = (status.st_mode & S_IROTH) != 0;
    std::ifstream file(path, std::ios::binary);
    content.bytes.resize(static_cast<std::size_t>(status.st_size));
    if (!file ||
        (!content.bytes.empty() &&
         !file.read(content.bytes.data(), static_cast<std::streamsize>(content.bytes.size())))) {
        content.problem = std::strerror(errno == 0 ? EIO : errno);
    }
    return content;
}

std::string baseName(std::string_view path) {
    return std::string(path.substr(path.find_last_of('/') + 1));
}

char* readKey(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    const Arguments arguments = argumentsOf(cf);
    if (arguments.size() == 2 && view(arguments[1]) != "primary") {
        return refuseValue(cf, view(arguments[1]), "primary, or nothing");
    }
    ngx_str_t name = arguments[0];
    FileContent file = readFile(cf, &name, longestKeyFile);
    const std::string subject = "signing key " + quoted(view(name));
    if (!file.problem.empty()) {
        return refuse(cf, "cannot read " + subject + ": " + file.problem);
    }
    auto key = keyFromFile(std::move(file.bytes), baseName(view(name)));
    if (!key) {
        switch (key.error()) {
            case KeyProblem::empty:
                return refuse(cf, subject +
                                      " is empty, write 16 bytes or more into it, such as "
                                      "the output of \"openssl rand -hex 32\"");
            case KeyProblem::tooShort:
                return refuse(cf, subject +
                                      " is too short, write 16 bytes or more into it, such "
                                      "as the output of \"openssl rand -hex 32\"");
            case KeyProblem::tooLong:
                return refuse(cf, subject + " is too long, write at most 4096 bytes into it");
        }
    }
    if (key->endsInBlank) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "%s ends in a carriage return or blank, which is part of the key: "
                           "signatures made without it will not verify",
                           subject.c_str());
    }
    if (file.othersMayRead) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0, "%s can be read by others, write chmod o-r",
                           subject.c_str());
    }
    if (location.keys == NGX_CONF_UNSET_PTR) {
        location.keys = makeInPool<std::vector<KeySetting>>(cf->pool);
    }
    const bool isPrimary = arguments.size() == 2;
    for (const KeySetting& other : *location.keys) {
        if (isPrimary && other.primary) {
            return refuse(cf, "duplicate primary key " + quoted(view(name)) +
                                  ", write primary behind one key only");
        }
    }
    location.keys->push_back({std::move(*key), isPrimary});
    return NGX_CONF_OK;
}

// ------------------------------------------------------------------ watermarks and variants

std::optional<Gravity> gravityFromName(std::string_view name) {
    static constexpr struct {
        std::string_view name;
        double x, y;
    } places[] = {{"center", .5, .5},  {"left", 0, .5},       {"right", 1, .5},
                  {"top", .5, 0},      {"bottom", .5, 1},     {"top-left", 0, 0},
                  {"top-right", 1, 0}, {"bottom-left", 0, 1}, {"bottom-right", 1, 1}};
    for (const auto& place : places) {
        if (place.name == name) {
            return Gravity{Gravity::Kind::point, place.x, place.y};
        }
    }
    return std::nullopt;
}

// Empty, or what to write instead of the option.
std::string readWatermarkOption(std::string_view option, Watermark& watermark) {
    const std::size_t equals = option.find('=');
    const std::string_view name = option.substr(0, equals);
    const std::string_view value =
        equals == option.npos ? std::string_view() : option.substr(equals + 1);
    if (option == "tile") {
        watermark.tile = true;
        return {};
    }
    if (name == "gravity") {
        const auto gravity = gravityFromName(value);
        watermark.gravity = gravity.value_or(watermark.gravity);
        return gravity ? ""
                       : "gravity=center, a side such as gravity=top, or a corner such as "
                         "gravity=bottom-right";
    }
    if (name == "opacity" || name == "scale") {
        const auto number = parseDecimal(value);
        if (!number || *number > 1 || *number <= 0) {
            return std::string(name) + "=N with N above 0 and at most 1";
        }
        (name == "scale" ? watermark.scale : watermark.opacity) = *number;
        return {};
    }
    if (name == "margin") {
        const auto pixels = parseUnsigned(value, 10000);
        watermark.margin = static_cast<std::uint32_t>(pixels.value_or(0));
        return pixels ? "" : "margin=PX with PX from 0 to 10000";
    }
    return "gravity=, opacity=, scale=, margin= or tile";
}

std::string digestOf(const Watermark& watermark, std::string_view settings) {
    const std::string text = std::string(settings) + '\n' + watermark.bytes;
    return sha256Hex(text).substr(0, 16);
}

char* readWatermark(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    const Arguments arguments = argumentsOf(cf);
    const std::string_view name = view(arguments[0]);
    if (!isVariantName(name)) {
        return refuseValue(cf, name, "a name of letters, digits, \"_\", \"-\" and \".\"");
    }
    if (location.watermarks == NGX_CONF_UNSET_PTR) {
        location.watermarks = makeInPool<std::vector<WatermarkSetting*>>(cf->pool);
    }
    for (const WatermarkSetting* other : *location.watermarks) {
        if (other->watermark.name == name) {
            return refuse(cf, "duplicate watermark " + quoted(name) + ", write another name");
        }
    }
    auto* setting = makeInPool<WatermarkSetting>(cf->pool);
    setting->position = here(cf);
    setting->watermark.name = name;
    std::string settings;
    for (const ngx_str_t& option : arguments.subspan(2)) {
        const std::string instead = readWatermarkOption(view(option), setting->watermark);
        if (!instead.empty()) {
            return refuseValue(cf, view(option), instead);
        }
        settings += std::string(view(option)) + ' ';
    }
    ngx_str_t file = arguments[1];
    FileContent content = readFile(cf, &file, longestWatermark);
    if (!content.problem.empty()) {
        return refuse(cf, "cannot read watermark " + quoted(view(file)) + ": " + content.problem);
    }
    setting->file = view(file);
    setting->watermark.bytes = std::move(content.bytes);
    setting->watermark.digest = digestOf(setting->watermark, settings);
    location.watermarks->push_back(setting);
    mainOf(cf).watermarks->push_back(setting);
    return NGX_CONF_OK;
}

// Finds a misspelt option at its own line. Names of watermarks and variants are looked up later,
// when what a location inherits is known.
std::optional<ParseError> optionMistake(std::string_view options) {
    if (options == "original") {
        return std::nullopt;
    }
    if (options.starts_with("tr:")) {
        const auto chain = imagekit::parseChain(options.substr(3), {});
        const bool isLater = !chain && chain.error().reason == Reason::unknownVariant;
        return chain || isLater ? std::nullopt : std::optional(chain.error());
    }
    Watermark any;
    Watermarks watermarks;
    for (std::size_t start = 0; start <= options.size();) {
        const std::size_t end = std::min(options.find(',', start), options.size());
        const std::string_view option = options.substr(start, end - start);
        if (option.starts_with("watermark=")) {
            watermarks.emplace(option.substr(10), &any);
        }
        start = end + 1;
    }
    const auto transform = cloudflare::parseOptions(options, watermarks);
    return transform ? std::nullopt : std::optional(transform.error());
}

char* readVariant(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    const Arguments arguments = argumentsOf(cf);
    const std::string_view name = view(arguments[0]);
    const std::string_view access = view(arguments[1]);
    if (!isVariantName(name)) {
        return refuseValue(cf, name, "a name of letters, digits, \"_\", \"-\" and \".\"");
    }
    if (location.variants == NGX_CONF_UNSET_PTR) {
        location.variants = makeInPool<std::vector<VariantSetting>>(cf->pool);
    }
    for (const VariantSetting& other : *location.variants) {
        if (other.name == name) {
            return refuse(cf, "duplicate variant " + quoted(name) + ", write another name");
        }
    }
    VariantSetting setting{std::string(name), access == "public", access == "off", {}, here(cf)};
    if (setting.removed ? arguments.size() != 2 : arguments.size() != 3) {
        return refuse(cf, "invalid number of arguments in variant " + quoted(name) +
                              ", write NAME public|signed OPTIONS in one word, or NAME off");
    }
    if (!setting.removed) {
        if (access != "public" && access != "signed") {
            return refuseValue(cf, access, "public, signed or off");
        }
        setting.options = view(arguments[2]);
        if (const auto problem = optionMistake(setting.options)) {
            return refuse(cf, optionsProblem(name, setting.options, *problem));
        }
        if (setting.options == "original" && setting.isPublic) {
            return refuse(cf, "variant " + quoted(name) +
                                  " would make every private original public, write signed "
                                  "instead of public");
        }
    }
    location.variants->push_back(std::move(setting));
    return NGX_CONF_OK;
}

// ------------------------------------------------------------------ rendering

char* readRenders(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    if (location.queue != NGX_CONF_UNSET_PTR) {
        return duplicate();
    }
    const Arguments arguments = argumentsOf(cf);
    const auto renders = parseUnsigned(view(arguments[0]), 1024);
    if (!renders || *renders == 0) {
        return refuseValue(cf, view(arguments[0]), "how many at once, from 1 to 1024");
    }
    auto* queue = makeInPool<RenderQueue>(cf->pool);
    queue->renders = *renders;
    if (arguments.size() == 2) {
        const std::string_view value = view(arguments[1]);
        const auto waiting =
            value.starts_with("queue=") ? parseUnsigned(value.substr(6), 65536) : std::nullopt;
        if (!waiting) {
            return refuseValue(cf, value, "queue=N with N from 0 to 65536");
        }
        queue->places = *waiting;
    }
    location.queue = queue;
    return NGX_CONF_OK;
}

char* readThreadPool(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    if (location.pool != NGX_CONF_UNSET_PTR) {
        return duplicate();
    }
    // NGINX itself refuses a pool that is never defined, and names this line.
    location.pool = ngx_thread_pool_add(cf, &argumentsOf(cf)[0]);
    return location.pool == nullptr ? static_cast<char*>(NGX_CONF_ERROR) : NGX_CONF_OK;
}

char* readSourceTypes(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    if (location.sourceTypes != NGX_CONF_UNSET_PTR) {
        return duplicate();
    }
    location.sourceTypes = makeInPool<std::vector<SourceType>>(cf->pool);
    for (const ngx_str_t& argument : argumentsOf(cf)) {
        const auto type = sourceTypeFromName(view(argument));
        if (!type) {
            return refuseValue(cf, view(argument),
                               "some of jpeg, png, webp, gif, avif, heic, tiff, svg, jxl");
        }
        location.sourceTypes->push_back(*type);
    }
    return NGX_CONF_OK;
}

constexpr const char* formatChoices = "jpeg, png, webp, avif, gif or jxl";

char* readFormat(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    if (location.format != NGX_CONF_UNSET_PTR) {
        return duplicate();
    }
    location.format = makeInPool<FormatSetting>(cf->pool);
    location.format->position = here(cf);
    const std::string_view value = view(argumentsOf(cf)[0]);
    if (value == "auto") {
        location.format->policy = FormatPolicy::automatic;
        return NGX_CONF_OK;
    }
    if (value == "source") {
        return NGX_CONF_OK;
    }
    const auto format = formatFromName(value);
    if (!format) {
        return refuseValue(cf, value, std::string("auto, source, ") + formatChoices);
    }
    location.format->policy = FormatPolicy::fixed;
    location.format->format = *format;
    mainOf(cf).formatsToWrite->push_back(*location.format);
    return NGX_CONF_OK;
}

char* readAutoFormats(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    if (location.autoFormats != NGX_CONF_UNSET_PTR) {
        return duplicate();
    }
    location.autoFormats = makeInPool<std::vector<Format>>(cf->pool);
    for (const ngx_str_t& argument : argumentsOf(cf)) {
        const auto format = formatFromName(view(argument));
        if (!format) {
            return refuseValue(cf, view(argument), std::string("some of ") + formatChoices);
        }
        location.autoFormats->push_back(*format);
        mainOf(cf).formatsToWrite->push_back({FormatPolicy::fixed, *format, here(cf)});
    }
    return NGX_CONF_OK;
}

// FORMAT=N…; `command->post` points at the range of N.
char* readPerFormat(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    auto& field = fieldOf<std::vector<std::optional<std::uint8_t>>*>(conf, command);
    if (field != NGX_CONF_UNSET_PTR) {
        return duplicate();
    }
    field = makeInPool<std::vector<std::optional<std::uint8_t>>>(cf->pool, 6);
    const auto& range = *static_cast<const Range*>(command->post);
    for (const ngx_str_t& argument : argumentsOf(cf)) {
        const std::string_view value = view(argument);
        const std::size_t equals = std::min(value.find('='), value.size());
        const auto format = formatFromName(value.substr(0, equals));
        const auto number =
            equals == value.size() ? std::nullopt : parseNumber(value.substr(equals + 1), range);
        if (!format || !number) {
            return refuseValue(cf, value, range.instead);
        }
        auto& entry = (*field)[static_cast<std::size_t>(*format)];
        if (entry) {
            return refuse(cf, "duplicate format in " + quoted(value));
        }
        entry = static_cast<std::uint8_t>(*number);
    }
    return NGX_CONF_OK;
}

// ------------------------------------------------------------------ cache and memory

char* readCache(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    if (location.cache != NGX_CONF_UNSET_PTR) {
        return duplicate();
    }
    location.cachePosition = makeInPool<Position>(cf->pool, here(cf));
    ngx_str_t& name = argumentsOf(cf)[0];
    if (view(name) == "off") {
        location.cache = nullptr;
        return NGX_CONF_OK;
    }
    if (name.len == 0) {
        return refuseValue(cf, view(name), "the name of a keys_zone, or off");
    }
    location.cache = ngx_shared_memory_add(cf, &name, 0, &ngx_http_private_image_module);
    return location.cache == nullptr ? static_cast<char*>(NGX_CONF_ERROR) : NGX_CONF_OK;
}

char* readMinUses(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    if (location.cacheMinUses != NGX_CONF_UNSET_UINT) {
        return duplicate();
    }
    // NGINX counts uses in ten bits.
    const auto uses = parseUnsigned(view(argumentsOf(cf)[0]), 1023);
    if (!uses || *uses == 0) {
        return refuseValue(cf, view(argumentsOf(cf)[0]), "a number of requests from 1 to 1023");
    }
    location.cacheMinUses = *uses;
    return NGX_CONF_OK;
}

char* readZone(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    MainConfig& main = *static_cast<MainConfig*>(conf);
    if (main.isZoneSet || main.isZoneOff) {
        return duplicate();
    }
    const std::string_view value = view(argumentsOf(cf)[0]);
    if (value == "off") {
        main.isZoneOff = true;
        return NGX_CONF_OK;
    }
    const char* instead = "NAME:SIZE with SIZE of 128k or more, such as private_image:10m, or off";
    const std::size_t colon = value.find(':');
    if (colon == value.npos || colon == 0) {
        return refuseValue(cf, value, instead);
    }
    ngx_str_t size = borrow(value.substr(colon + 1));
    const ssize_t bytes = ngx_parse_size(&size);
    if (bytes == NGX_ERROR || bytes < ssize_t{128 << 10}) {
        return refuseValue(cf, value, instead);
    }
    main.zoneName = borrow(value.substr(0, colon));
    main.zoneSize = static_cast<std::size_t>(bytes);
    main.isZoneSet = true;
    return NGX_CONF_OK;
}

// ------------------------------------------------------------------ locations with another task

// A location can only have one content handler.
char* takeLocation(ngx_conf_t* cf, ngx_http_handler_pt handler) {
    auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    if (core->handler == handler) {
        return duplicate();
    }
    core->handler = handler;
    return NGX_CONF_OK;
}

char* readStatus(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    const Arguments arguments = argumentsOf(cf);
    mainOf(cf).needsZone = true;
    const std::string_view value = arguments.empty() ? std::string_view() : view(arguments[0]);
    if (value.empty()) {
        location.statusFormat = StatusFormat::negotiated;
    } else if (value == "prometheus") {
        location.statusFormat = StatusFormat::prometheus;
    } else if (value == "json") {
        location.statusFormat = StatusFormat::json;
    } else if (value == "html") {
        location.statusFormat = StatusFormat::html;
    } else {
        return refuseValue(cf, value, "prometheus, json, html or nothing");
    }
    return takeLocation(cf, handleStatus);
}

char* readPurge(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    const Arguments arguments = argumentsOf(cf);
    if (!arguments.empty() && view(arguments[0]) != "from=any") {
        return refuseValue(cf, view(arguments[0]), "from=any or nothing");
    }
    location.isPurge = true;
    location.purgePosition = makeInPool<Position>(cf->pool, here(cf));
    location.purgesFromAny = !arguments.empty();
    return takeLocation(cf, handlePurge);
}

// ------------------------------------------------------------------ tables

constexpr Word dialects[] = {{"cloudflare", 1 + ngx_uint_t(Dialect::cloudflare)},
                             {"imagekit", 1 + ngx_uint_t(Dialect::imagekit)},
                             {"off", 0},
                             {nullptr, 0}};
constexpr Word signatures[] = {{"private", 0}, {"always", 1}, {nullptr, 0}};
constexpr Word adhocs[] = {{"off", ngx_uint_t(Adhoc::off)},
                           {"public", ngx_uint_t(Adhoc::publicOnly)},
                           {"signed", ngx_uint_t(Adhoc::withSignature)},
                           {"on", ngx_uint_t(Adhoc::on)},
                           {nullptr, 0}};
constexpr Word unmarkeds[] = {{"public", ngx_uint_t(Mark::publicImage)},
                              {"private", ngx_uint_t(Mark::privateImage)},
                              {nullptr, 0}};
constexpr Word deniedStatuses[] = {{"401", 401}, {"403", 403}, {"404", 404}, {nullptr, 0}};

constexpr std::uint64_t mostPixels = 1'000'000'000'000;
constexpr Range sizeRange{1, std::uint64_t(4) << 30, "a size from 1 to 4g, such as 40m"};
constexpr Range pixelRange{1, mostPixels, "a number of pixels, such as 50m for 50 million"};
constexpr Range frameRange{1, 100'000, "a number of frames from 1 to 100000"};
constexpr Range qualityRange{1, 100, "FORMAT=N with N from 1 to 100, such as jpeg=80"};
constexpr Range effortRange{0, 10, "FORMAT=N with N from 0 to 10, such as avif=2"};

template <typename T>
void* table(const T& words) {
    return const_cast<void*>(static_cast<const void*>(&words));
}

constexpr ngx_uint_t everywhere = NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF;

#define PRIVATE_IMAGE_FIELD(field) NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocationConfig, field)

}  // namespace

ngx_command_t directiveTable[] = {
    {ngx_string("private_image"), NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1, guarded<readGate>,
     PRIVATE_IMAGE_FIELD(dialect), table(dialects)},
    {ngx_string("private_image_origin"), everywhere | NGX_CONF_TAKE1, guarded<readOrigin>,
     PRIVATE_IMAGE_FIELD(origin), nullptr},
    {ngx_string("private_image_prefix"), everywhere | NGX_CONF_TAKE1, guarded<readPrefix>,
     PRIVATE_IMAGE_FIELD(prefix), nullptr},
    {ngx_string("private_image_identity"), everywhere | NGX_CONF_TAKE1, guarded<readComplexValue>,
     PRIVATE_IMAGE_FIELD(identity), nullptr},
    {ngx_string("private_image_key"), everywhere | NGX_CONF_TAKE12, guarded<readKey>,
     PRIVATE_IMAGE_FIELD(keys), nullptr},
    {ngx_string("private_image_signature"), everywhere | NGX_CONF_TAKE1, guarded<readSignature>,
     PRIVATE_IMAGE_FIELD(signature), table(signatures)},
    {ngx_string("private_image_adhoc"), everywhere | NGX_CONF_TAKE1, guarded<readWord>,
     PRIVATE_IMAGE_FIELD(adhoc), table(adhocs)},
    {ngx_string("private_image_variant"), everywhere | NGX_CONF_TAKE23, guarded<readVariant>,
     PRIVATE_IMAGE_FIELD(variants), nullptr},
    {ngx_string("private_image_watermark"), everywhere | NGX_CONF_2MORE, guarded<readWatermark>,
     PRIVATE_IMAGE_FIELD(watermarks), nullptr},
    {ngx_string("private_image_flag"), everywhere | NGX_CONF_1MORE, guarded<readFlags>,
     PRIVATE_IMAGE_FIELD(flags), nullptr},
    {ngx_string("private_image_mark"), everywhere | NGX_CONF_TAKE1, guarded<readComplexValue>,
     PRIVATE_IMAGE_FIELD(mark), nullptr},
    {ngx_string("private_image_unmarked"), everywhere | NGX_CONF_TAKE1, guarded<readWord>,
     PRIVATE_IMAGE_FIELD(unmarked), table(unmarkeds)},
    {ngx_string("private_image_max_expiry"), everywhere | NGX_CONF_TAKE1, guarded<readMaxExpiry>,
     PRIVATE_IMAGE_FIELD(maxExpiry), nullptr},
    {ngx_string("private_image_denied_status"), everywhere | NGX_CONF_TAKE1, guarded<readWord>,
     PRIVATE_IMAGE_FIELD(deniedStatus), table(deniedStatuses)},
    {ngx_string("private_image_renders"), everywhere | NGX_CONF_TAKE12, guarded<readRenders>,
     PRIVATE_IMAGE_FIELD(queue), nullptr},
    {ngx_string("private_image_thread_pool"), everywhere | NGX_CONF_TAKE1, guarded<readThreadPool>,
     PRIVATE_IMAGE_FIELD(pool), nullptr},
    {ngx_string("private_image_timeout"), everywhere | NGX_CONF_TAKE1, guarded<readMilliseconds>,
     PRIVATE_IMAGE_FIELD(timeout), nullptr},
    {ngx_string("private_image_render_timeout"), everywhere | NGX_CONF_TAKE1,
     guarded<readMilliseconds>, PRIVATE_IMAGE_FIELD(renderTimeout), nullptr},
    {ngx_string("private_image_max_source_size"), everywhere | NGX_CONF_TAKE1, guarded<readSize>,
     PRIVATE_IMAGE_FIELD(maxSourceSize), table(sizeRange)},
    {ngx_string("private_image_max_source_pixels"), everywhere | NGX_CONF_TAKE1,
     guarded<readNumber>, PRIVATE_IMAGE_FIELD(maxSourcePixels), table(pixelRange)},
    {ngx_string("private_image_max_progressive_pixels"), everywhere | NGX_CONF_TAKE1,
     guarded<readNumber>, PRIVATE_IMAGE_FIELD(maxProgressivePixels), table(pixelRange)},
    {ngx_string("private_image_max_output_pixels"), everywhere | NGX_CONF_TAKE1,
     guarded<readNumber>, PRIVATE_IMAGE_FIELD(maxOutputPixels), table(pixelRange)},
    {ngx_string("private_image_max_frames"), everywhere | NGX_CONF_TAKE1, guarded<readNumber>,
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
    ngx_null_command};

}  // namespace private_image
