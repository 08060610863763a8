// Renders are counted at their start and end, under the lock that also guards taking a text, so no
// render can start between the check and the copy.
#include "render/error_text.hpp"

#include <vips/vips.h>

#include <mutex>

#include "render/render_context.hpp"

namespace private_image {

namespace {

std::mutex mutex;
int running = 0;
std::uint64_t begun = 0;

}  // namespace

ErrorText::ErrorText() {
    const std::lock_guard lock(mutex);
    wasAlone_ = running == 0;
    number_ = ++begun;
    ++running;
    if (wasAlone_) {
        vips_error_clear();  // texts left by renders that have ended
    }
}

ErrorText::~ErrorText() {
    const std::lock_guard lock(mutex);
    --running;
}

std::optional<std::string> ErrorText::take() const {
    const std::lock_guard lock(mutex);
    if (!wasAlone_ || begun != number_) {
        return std::nullopt;
    }
    char* buffer = vips_error_buffer_copy();
    std::string text = printableLine(buffer);
    g_free(buffer);
    return text;
}

}  // namespace private_image
