/*
 * Stores a pointer to the last configuration. `nginx -t` ends without freeing it and without a
 * pointer to it, so that LeakSanitizer would report all of it as leaked.
 */
#include <ngx_config.h>
#include <ngx_core.h>

ngx_cycle_t *volatile ngx_last_cycle;

static ngx_int_t
remember(ngx_cycle_t *cycle)
{
    ngx_last_cycle = cycle;
    return NGX_OK;
}

static ngx_core_module_t callbacks = {ngx_string("last_cycle"), NULL, NULL};

ngx_module_t ngx_last_cycle_module = {
    NGX_MODULE_V1, &callbacks, NULL, NGX_CORE_MODULE, NULL, remember, NULL, NULL, NULL, NULL, NULL,
    NGX_MODULE_V1_PADDING
};
