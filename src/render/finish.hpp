// Turns the pixels into the answer: chooses the format and encodes.
#pragma once

#include "render/canvas.hpp"

namespace private_image {

// `size`: the result's size; zero if not known yet.
Format resultFormat(const RenderContext& context, const RenderSource& source, bool hasAlpha,
                    Size size);

// Writes the result into the outcome: encoded, or described if `format` is json. Returns false on
// failure, with the outcome filled in.
bool finishRender(RenderContext& context, Canvas& canvas, Format format);

}  // namespace private_image
