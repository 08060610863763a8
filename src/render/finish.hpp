// From pixels to the answer: which format, and its bytes. Knows no steps.
#pragma once

#include "render/canvas.hpp"

namespace private_image {

// For a result of `size`; nothing where that is not known yet.
Format resultFormat(const RenderContext& context, const RenderSource& source, bool hasAlpha,
                    Size size);

// Writes the result into the outcome: encoded, or described where `format` is json. False, with the
// outcome filled in, on failure.
bool finishRender(RenderContext& context, Canvas& canvas, Format format);

}  // namespace private_image
