#include "access/queue_share.hpp"

#include <algorithm>

namespace private_image {

bool mayTakePlace(const QueueCounts& queue, bool isUnsigned) {
    if (queue.taken >= queue.renders + queue.places) {
        return false;
    }
    const std::size_t idle = queue.renders - std::min(queue.renders, queue.running);
    return !isUnsigned || queue.waitingUnsigned < queue.places / 2 + idle;
}

}  // namespace private_image
