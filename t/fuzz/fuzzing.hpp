// Shared by all fuzz targets: reporting a violated property, splitting an input into parts, and the
// keys and variants of an example location.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <span>
#include <string>
#include <string_view>

#include "access/key_ring.hpp"
#include "base/encoding.hpp"
#include "dialect/cloudflare/options.hpp"
#include "dialect/imagekit/imagekit.hpp"
#include "dialect/url_signer.hpp"
#include "transform/canonical.hpp"
#include "transform/normalise.hpp"
#include "transform/variants.hpp"

namespace private_image::fuzzing {

// libFuzzer stores an input that aborts.
inline void require(bool holds, std::string_view promise, std::string_view met = {},
                    std::source_location where = std::source_location::current()) {
    if (!holds) {
        std::fprintf(stderr, "%s:%u: broken promise: %.*s\n  met: %.*s\n", where.file_name(),
                     static_cast<unsigned>(where.line()), static_cast<int>(promise.size()),
                     promise.data(), static_cast<int>(met.size()), met.data());
        std::abort();
    }
}

inline std::string_view textOf(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

inline std::span<const unsigned char> bytesOf(std::string_view text) {
    return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

// Removes the first line from `rest`, and returns it.
inline std::string_view takeLine(std::string_view& rest) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return line;
}

inline bool isPrintable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

// A key for the digests of both dialects. The seeds are signed with it.
inline const KeyRing& keysOf(Dialect dialect) {
    const auto ringOf = [](Dialect each) {
        KeyRing ring(digestOf(each));
        require(ring.add(*keyFromFile("0123456789abcdef0123456789abcdef", "fuzz.key")), "a key");
        return ring;
    };
    static const KeyRing cloudflare = ringOf(Dialect::cloudflare);
    static const KeyRing imagekit = ringOf(Dialect::imagekit);
    return dialect == Dialect::cloudflare ? cloudflare : imagekit;
}

// A PNG of two by two pixels.
inline std::string smallPicture() {
    return *base64Decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAYAAABytg0kAAAAFElEQVR42mP4z8DQwMDw/z8DjAEA"
        "OmEG+9X6au8AAAAASUVORK5CYII=");
}

inline const Watermarks& watermarks() {
    static const Watermark logo{
        .name = "logo", .bytes = smallPicture(), .digest = "d1", .scale = 0.3, .margin = 1};
    static const Watermark tiles{
        .name = "tiles", .bytes = smallPicture(), .digest = "d2", .opacity = 0.5, .tile = true};
    static const Watermarks all{{"logo", &logo}, {"tiles", &tiles}};
    return all;
}

// One of each kind: "preview" is public, "large" and "tiled" are signed, "full" is the original.
inline const Variants& variants() {
    static const Variants all = [] {
        const auto transformOf = [](std::string_view options) {
            return *cloudflare::readVariantOptions(options, watermarks());
        };
        Variants made;
        made["preview"] = {"preview", true, false, transformOf("w=600,q=42,watermark=logo")};
        made["large"] = {"large", false, false, transformOf("w=2000,f=png,metadata=keep,blur=3")};
        made["tiled"] = {"tiled", false, false, transformOf("h=300,fit=pad,watermark=tiles")};
        made["full"] = {"full", false, true, {}};
        for (auto& [name, variant] : made) {
            if (variant.isPublic) {
                dropMetadata(variant.transform);
            }
        }
        return made;
    }();
    return all;
}

// A parsed transform must be in its normal form, and its text valid in keys and headers.
inline void requireNormal(const Transform& transform) {
    const std::string text = canonicalText(transform);
    require(text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789-_.~/%(),=@+") == text.npos,
            "a canonical text needs no escaping", text);
    Transform again = transform;
    normalise(again);
    require(again == transform, "normalising twice is normalising once", text);
}

// Equal transforms must have equal texts, and different ones different texts, since the text is
// part of the cache key.
inline void requireOneTextEach(const Transform& one, const Transform& other) {
    const std::string text = canonicalText(one);
    require((text == canonicalText(other)) == (one == other),
            "texts are equal where transforms are", text + '\n' + canonicalText(other));
}

// Parses each of the two lines of an input as a transformation, if it is valid.
template <typename Read>
void requireOneTextEachOfLines(std::string_view input, Read transformOf) {
    const auto one = transformOf(takeLine(input));
    const auto other = transformOf(input);
    if (one && other) {
        requireOneTextEach(*one, *other);
    }
}

// Two notations that must give the same transformation.
inline void requireSame(const Transform& one, const Transform& other, std::string_view promise) {
    require(one == other, promise, canonicalText(one) + '\n' + canonicalText(other));
}

}  // namespace private_image::fuzzing
