// The share of a render queue that unsigned requests may hold: it keeps room for signed ones.
#pragma once

#include <cstddef>

namespace private_image {

// Places in a worker's queue of renders.
struct QueueCounts {
    std::size_t renders = 1;          // that run at once
    std::size_t places = 0;           // for requests that wait for their turn
    std::size_t running = 0;          // renders; more than `renders` where other workers run fewer
    std::size_t taken = 0;            // places, those of running renders included
    std::size_t waitingUnsigned = 0;  // places of unsigned requests whose render has not begun
};

// False if the queue is full. Unsigned requests may hold half of its places, and one for each
// render that can begin at once.
bool mayTakePlace(const QueueCounts& queue, bool isUnsigned);

}  // namespace private_image
