// Encoded bytes whose header has been read and judged: type, pixels, pages. Decodes nothing.
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
    std::string what;  // "the source", "a layer": for details
    SourceType type = SourceType::jpeg;
    std::span<const unsigned char> bytes;  // that the decoder gets
    bool isMended = false;                 // they are not quite those of the file
    Image image;                           // as opened for its header
    SourceHeader header;
    std::optional<std::uint32_t> firstPage;  // empty: the one that the file itself puts first
    std::uint32_t frames = 1;                // that count, from firstPage on
    std::size_t elements = 0;                // of a drawing
    std::uint64_t codedPixels = 0;           // where a container's header does not tell them

    Size upright() const;

    // The decoder's options wherever the source is opened.
    LoadOptions loadOptions() const;
};

// Opens and judges `pages`; where none are asked for, those from the first on, of a HEIF container
// its primary item. False, with the outcome filled in, where the source is refused; then `source`
// holds what its header said, as far as it was read.
bool openJudged(RenderContext& context, std::span<const unsigned char> bytes,
                const std::optional<Pages>& pages, std::uint32_t frameLimit, RenderSource& source);

// Fails with `detail` for damage, or for what is whole but of a kind that no decoder here reads.
bool failOfSource(RenderContext& context, const RenderSource& source, std::string detail);

}  // namespace private_image
