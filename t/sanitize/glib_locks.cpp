// Makes GLib's locks visible to ThreadSanitizer: libvips' threads pass work to each other by them,
// but they are futexes that it cannot see. Its symbols must come before GLib's.
#include <dlfcn.h>
#include <glib.h>
#include <sanitizer/tsan_interface.h>

namespace {

template <typename Function>
Function* next(Function*, const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

void g_mutex_lock(GMutex* mutex) {
    static auto* const real = next(&g_mutex_lock, "g_mutex_lock");
    real(mutex);
    __tsan_acquire(mutex);
}

gboolean g_mutex_trylock(GMutex* mutex) {
    static auto* const real = next(&g_mutex_trylock, "g_mutex_trylock");
    const gboolean isLocked = real(mutex);
    if (isLocked != FALSE) {
        __tsan_acquire(mutex);
    }
    return isLocked;
}

void g_mutex_unlock(GMutex* mutex) {
    static auto* const real = next(&g_mutex_unlock, "g_mutex_unlock");
    __tsan_release(mutex);
    real(mutex);
}

void g_cond_wait(GCond* condition, GMutex* mutex) {
    static auto* const real = next(&g_cond_wait, "g_cond_wait");
    __tsan_release(mutex);
    real(condition, mutex);
    __tsan_acquire(mutex);
}

gboolean g_cond_wait_until(GCond* condition, GMutex* mutex, gint64 end) {
    static auto* const real = next(&g_cond_wait_until, "g_cond_wait_until");
    __tsan_release(mutex);
    const gboolean isSignalled = real(condition, mutex, end);
    __tsan_acquire(mutex);
    return isSignalled;
}

}  // extern "C"
