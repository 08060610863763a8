# nginx synchronises its threads by plain reads and writes, and by barriers that ThreadSanitizer
# does not recognise. In a copy of its source, this script makes the same reads and writes atomic.
s/^#define ngx_unlock(lock) .*/#define ngx_unlock(lock)    __atomic_store_n(lock, 0, __ATOMIC_RELEASE)/
s/(\*lock == 0 \&\&/(__atomic_load_n(lock, __ATOMIC_RELAXED) == 0 \&\&/
s/^    \*lock = 0;$/    __atomic_store_n(lock, 0, __ATOMIC_RELEASE);/
s/^        while (lock) {$/        while (__atomic_load_n(\&lock, __ATOMIC_ACQUIRE)) {/
