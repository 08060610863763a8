// Encoded bytes whose header has been read and judged: type, pixels, pages. Decodes nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "render/rendering.hpp"
#include "render/steps/load.hpp"
#include "transform/transform.hpp"

namespace private_image {

struct RenderSource {
    std::string what;  // "the source", "a layer": for details
    SourceType type = SourceType::jpeg;
    std::span<const unsigned char> bytes;
    Image image;  // as opened for its header
    SourceHeader header;
    std::uint32_t firstPage = 0;
    std::uint32_t frames = 1;       // that count, from firstPage on
    std::size_t elements = 0;       // of a drawing
    std::uint64_t codedPixels = 0;  // where a container's header does not tell them

    Size upright() const;
};

// Opens and judges. False, with the outcome filled in, where the source is refused; then `source`
// holds what its header said, as far as it was read.
bool openJudged(Rendering& rendering, std::span<const unsigned char> bytes, const Pages& pages,
                std::uint32_t frameLimit, RenderSource& source);

}  // namespace private_image
