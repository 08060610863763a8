// Encoded bytes whose header was read and judged: type, pixels, pages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "render/render_context.hpp"
#include "render/steps/load.hpp"
#include "transform/transform.hpp"

namespace private_image {

struct RenderSource {
    std::string what;  // "the source", "a layer": for messages
    SourceType type = SourceType::jpeg;
    std::span<const unsigned char> bytes;  // as given to the decoder
    bool isRepaired = false;               // `bytes` are a repaired copy of the file
    Image image;                           // as opened to read its header
    SourceHeader header;
    std::optional<std::uint32_t> firstPage;  // empty: the file's primary page
    std::uint32_t frames = 1;                // to use, from firstPage on
    std::size_t elements = 0;                // of a drawing
    std::uint64_t codedPixels = 0;  // counted in a container whose header does not give them

    Size upright() const;

    // The options for every decoding of this source.
    LoadOptions loadOptions() const;
};

// Opens and judges `pages`; empty: those from the first on, or a HEIF container's primary item.
// Returns false if the source is refused, with the outcome filled in; then `source` holds what was
// read of its header.
bool openJudged(RenderContext& context, std::span<const unsigned char> bytes,
                const std::optional<Pages>& pages, std::uint32_t frameLimit, RenderSource& source);

// Fails with `detail` for damage, or because no decoder here supports this kind of file.
bool failOfSource(RenderContext& context, const RenderSource& source, std::string detail);

}  // namespace private_image
