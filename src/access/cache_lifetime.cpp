#include "access/cache_lifetime.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "base/ascii.hpp"
#include "base/encoding.hpp"

namespace private_image {
namespace {

constexpr std::int64_t maxLifetime = std::int64_t{365} * 24 * 3600;

// The max-age of a signed answer whose signature expires, if neither the origin nor the
// configuration has a lifetime: without max-age, caches would choose one.
constexpr std::int64_t defaultSignedLifetime = 3600;

// ---- reading ----

struct Directive {
    std::string name;        // lower case
    std::string_view value;  // without quotes
};

// The position after the quoted string that begins at `quote`; npos if it is not closed.
std::size_t endOfQuoted(std::string_view text, std::size_t quote) {
    for (std::size_t i = quote + 1; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            return i + 1;
        }
    }
    return std::string_view::npos;
}

// The position of the comma that ends the first element, or the end. A quote that is not closed is
// ignored, so that it cannot hide a "private" after it.
std::size_t elementEnd(std::string_view list) {
    std::size_t i = 0;
    while (i < list.size() && list[i] != ',') {
        const std::size_t end = list[i] == '"' ? endOfQuoted(list, i) : std::string_view::npos;
        i = end == std::string_view::npos ? i + 1 : end;
    }
    return i;
}

Directive readDirective(std::string_view element) {
    const std::size_t equals = element.find('=');
    Directive directive{toLowerCase(trimmed(element.substr(0, equals))), {}};
    if (equals != std::string_view::npos) {
        directive.value = trimmed(element.substr(equals + 1));
    }
    if (directive.value.size() >= 2 && directive.value.front() == '"' &&
        directive.value.back() == '"') {
        directive.value = trimmed(directive.value.substr(1, directive.value.size() - 2));
    }
    return directive;
}

// A malformed number is zero: an unreadable lifetime must not become a long one.
std::int64_t readSeconds(std::string_view value) {
    if (value.empty() || value.find_first_not_of("0123456789") != std::string_view::npos) {
        return 0;
    }
    const auto seconds = parseUnsigned(value, maxLifetime);
    return seconds ? static_cast<std::int64_t>(*seconds) : maxLifetime;
}

void keepStrictest(std::optional<std::int64_t>& lifetime, std::string_view value) {
    const std::int64_t seconds = readSeconds(value);
    lifetime = std::min(lifetime.value_or(seconds), seconds);
}

void apply(const Directive& directive, OriginLifetime& lifetime) {
    const std::string& name = directive.name;
    if (name == "no-store") {
        lifetime.noStore = true;
    } else if (name == "no-cache") {
        lifetime.noCache = true;
    } else if (name == "private") {
        lifetime.privateOnly = true;
    } else if (name == "must-revalidate" || name == "proxy-revalidate") {
        lifetime.mustRevalidate = true;
    } else if (name == "immutable") {
        lifetime.immutable = true;
    } else if (name == "no-transform") {
        lifetime.noTransform = true;
    } else if (name == "max-age") {
        keepStrictest(lifetime.maxAge, directive.value);
    } else if (name == "s-maxage") {
        keepStrictest(lifetime.sharedMaxAge, directive.value);
    } else if (name == "stale-while-revalidate") {
        keepStrictest(lifetime.staleWhileRevalidate, directive.value);
    } else if (name == "stale-if-error") {
        keepStrictest(lifetime.staleIfError, directive.value);
    }
}

// ---- writing ----

class HeaderValue {
public:
    void add(std::string_view directive) {
        text_ += text_.empty() ? "" : ", ";
        text_ += directive;
    }

    void addIf(bool wanted, std::string_view directive) {
        if (wanted) {
            add(directive);
        }
    }

    void addSeconds(std::string_view name, std::optional<std::int64_t> seconds) {
        if (seconds) {
            add(name);
            text_ += '=';
            text_ += std::to_string(*seconds);
        }
    }

    std::string take() { return std::move(text_); }

private:
    std::string text_;
};

enum class Scope { unspecified, everyone, requesterOnly };

std::string writeNoStore(const OriginLifetime& lifetime) {
    HeaderValue value;
    value.add("no-store");
    value.addIf(lifetime.immutable, "immutable");
    value.addIf(lifetime.noTransform, "no-transform");
    return value.take();
}

std::string write(Scope scope, const OriginLifetime& lifetime) {
    HeaderValue value;
    value.addIf(scope == Scope::everyone, "public");
    value.addIf(scope == Scope::requesterOnly, "private");
    value.addIf(lifetime.noCache, "no-cache");
    value.addSeconds("max-age", lifetime.maxAge);
    value.addSeconds("s-maxage", lifetime.sharedMaxAge);
    value.addIf(lifetime.mustRevalidate, "must-revalidate");
    value.addIf(lifetime.immutable, "immutable");
    value.addIf(lifetime.noTransform, "no-transform");
    value.addSeconds("stale-while-revalidate", lifetime.staleWhileRevalidate);
    value.addSeconds("stale-if-error", lifetime.staleIfError);
    return value.take();
}

std::string forEveryone(OriginLifetime lifetime, const LifetimeRequest& request) {
    if (lifetime.noStore) {
        return writeNoStore(lifetime);
    }
    const bool requesterOnly = lifetime.privateOnly || request.isForRequester;
    // The fallback applies only if the origin sent no lifetime; "no-cache" and "private" are sent
    // on unchanged.
    if (!lifetime.maxAge && !lifetime.sharedMaxAge && !lifetime.noCache && !lifetime.privateOnly) {
        lifetime.maxAge = request.fallback;
    }
    if (requesterOnly) {
        lifetime.sharedMaxAge.reset();
        return write(Scope::requesterOnly, lifetime);
    }
    // "public" would weaken a bare "no-cache", and the origin did not send it for an answer without
    // lifetime.
    const std::string value = write(Scope::unspecified, lifetime);
    const bool hasNoLifetime = value.empty() || value == "no-transform";
    return lifetime.noCache || hasNoLifetime ? value : "public, " + value;
}

// The max-age of a signed answer before it is limited to the grant; empty if nothing sets one.
std::optional<std::int64_t> signedMaxAge(const OriginLifetime& origin,
                                         const LifetimeRequest& request) {
    if (origin.maxAge || origin.noCache) {
        return origin.maxAge;
    }
    if (!origin.sharedMaxAge && !request.fallback && !request.grantLeft) {
        return std::nullopt;
    }
    const std::int64_t lifetime = request.fallback.value_or(defaultSignedLifetime);
    return std::min(lifetime, origin.sharedMaxAge.value_or(lifetime));
}

void limit(std::optional<std::int64_t>& lifetime, std::int64_t max) {
    if (lifetime) {
        lifetime = std::min(*lifetime, max);
    }
}

// Staleness begins when the longer of both lifetimes ends, and must end with the grant, too.
void limitToGrant(OriginLifetime& lifetime, std::int64_t grantLeft) {
    limit(lifetime.maxAge, grantLeft);
    limit(lifetime.sharedMaxAge, grantLeft);
    const std::int64_t rest =
        grantLeft - std::max(lifetime.maxAge.value_or(0), lifetime.sharedMaxAge.value_or(0));
    limit(lifetime.staleWhileRevalidate, rest);
    limit(lifetime.staleIfError, rest);
}

// Some caches serve stale answers by default, Varnish for ten seconds; these directives prevent it.
void forbidDefaultStaleness(OriginLifetime& lifetime) {
    if (!lifetime.staleWhileRevalidate && !lifetime.staleIfError) {
        lifetime.mustRevalidate = true;
    }
    lifetime.staleWhileRevalidate = lifetime.staleWhileRevalidate.value_or(0);
}

std::string underSignature(OriginLifetime lifetime, const LifetimeRequest& request) {
    if (lifetime.noStore || (request.grantLeft && *request.grantLeft <= 0)) {
        return writeNoStore(lifetime);
    }
    const bool shared =
        request.sharedCacheAllowed && !lifetime.privateOnly && !request.isForRequester;
    lifetime.maxAge = signedMaxAge(lifetime, request);
    if (!shared) {
        lifetime.sharedMaxAge.reset();
        lifetime.staleWhileRevalidate.reset();
        lifetime.staleIfError.reset();
    }
    if (shared && request.grantLeft) {
        forbidDefaultStaleness(lifetime);
    }
    if (request.grantLeft) {
        limitToGrant(lifetime, *request.grantLeft);
    }
    return write(shared ? Scope::everyone : Scope::requesterOnly, lifetime);
}

}  // namespace

OriginLifetime readOriginLifetime(std::string_view cacheControl,
                                  std::optional<std::int64_t> expires) {
    OriginLifetime lifetime;
    while (!cacheControl.empty()) {
        const std::size_t end = elementEnd(cacheControl);
        apply(readDirective(cacheControl.substr(0, end)), lifetime);
        cacheControl.remove_prefix(std::min(end + 1, cacheControl.size()));
    }
    if (!lifetime.maxAge && expires) {
        lifetime.maxAge = std::clamp<std::int64_t>(*expires, 0, maxLifetime);
    }
    return lifetime;
}

std::optional<std::int64_t> readAccelExpires(std::string_view value, std::int64_t now) {
    const bool isAbsolute = value.starts_with('@');
    value.remove_prefix(isAbsolute ? 1 : 0);
    const auto number = parseUnsigned(value, std::uint64_t{INT64_MAX});
    if (!number) {
        return std::nullopt;
    }
    const auto seconds = static_cast<std::int64_t>(*number);
    if (!isAbsolute) {
        return std::min(seconds, maxLifetime);
    }
    return seconds <= now ? -1 : std::min(seconds - now, maxLifetime);
}

OriginLifetime lifetimeForCache(const CachingHeaders& headers, const IgnoredHeaders& ignored) {
    OriginLifetime lifetime =
        readOriginLifetime(ignored.cacheControl ? std::string_view() : headers.cacheControl,
                           ignored.expires ? std::nullopt : headers.expires);
    if (headers.accelExpires && !ignored.accelExpires) {
        lifetime.noStore = *headers.accelExpires == 0;
        lifetime.noCache = lifetime.privateOnly = false;
        lifetime.sharedMaxAge.reset();
        lifetime.maxAge = std::clamp<std::int64_t>(*headers.accelExpires, 0, maxLifetime);
        lifetime.countsFromNow = true;
    }
    lifetime.noStore = lifetime.noStore || (headers.variesByAll && !ignored.vary);
    return lifetime;
}

bool hasOwnLifetime(const CachingHeaders& headers, const IgnoredHeaders& ignored) {
    return (headers.accelExpires && !ignored.accelExpires) ||
           (ignored.cacheControl && !headers.cacheControl.empty()) ||
           (ignored.expires && headers.expires);
}

std::string clientCacheControl(const OriginLifetime& origin, const LifetimeRequest& request) {
    switch (request.reason) {
        case Reason::publicImage:
        case Reason::variant:
            return forEveryone(origin, request);
        case Reason::signedUrl:
            return underSignature(origin, request);
        default:
            // Refusals and failures; callers do not pass them.
            return "no-store";
    }
}

}  // namespace private_image
