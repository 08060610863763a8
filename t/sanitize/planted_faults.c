/*
 * Commits the fault that `planted_fault` names at the start of every worker. It proves that a run
 * under sanitizers would find such a fault.
 */
#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <pthread.h>

typedef struct {
    ngx_str_t fault;
} planted_conf_t;

ngx_module_t planted_faults;

static void *
write_first(void *bytes)
{
    *(char *) bytes = 1;
    return NULL;
}

static void *
copy_over(void *bytes)
{
    volatile size_t length = 7; /* known to the compiler, it would make no call */

    memcpy(bytes, "a fault", length);
    return NULL;
}

/* Does the same in a thread and, without synchronisation, in this one. */
static void
race(void *(*act)(void *), void *bytes)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, act, bytes) == 0) {
        act(bytes);
        pthread_join(thread, NULL);
    }
}

static ngx_int_t
commit(ngx_cycle_t *cycle)
{
    planted_conf_t *conf = ngx_http_cycle_get_module_main_conf(cycle, planted_faults);
    volatile int    large = 0x7fffffff;
    char *volatile bytes = malloc(77);

    if (conf == NULL || bytes == NULL) {
        free(bytes);
        return NGX_OK;
    }

    if (ngx_strcmp(conf->fault.data, "leak") == 0) {
        bytes = NULL;
    } else if (ngx_strcmp(conf->fault.data, "overflow") == 0) {
        bytes[77] = 1;
    } else if (ngx_strcmp(conf->fault.data, "undefined") == 0) {
        large = large + 1;
    } else if (ngx_strcmp(conf->fault.data, "race") == 0) {
        race(write_first, bytes);
    } else if (ngx_strcmp(conf->fault.data, "copy") == 0) {
        race(copy_over, bytes);
    }

    free(bytes);
    return NGX_OK;
}

static void *
create_conf(ngx_conf_t *cf)
{
    planted_conf_t *conf = ngx_pcalloc(cf->pool, sizeof(planted_conf_t));

    if (conf != NULL) {
        ngx_str_set(&conf->fault, "none");
    }

    return conf;
}

static char *
set_fault(ngx_conf_t *cf, ngx_command_t *command, void *conf)
{
    ngx_str_t *words = cf->args->elts;

    (void) command;
    ((planted_conf_t *) conf)->fault = words[1];
    return NGX_CONF_OK;
}

static ngx_command_t commands[] = {
    {ngx_string("planted_fault"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, set_fault,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL},
    ngx_null_command
};

static ngx_http_module_t callbacks = {NULL, NULL, create_conf, NULL, NULL, NULL, NULL, NULL};

ngx_module_t planted_faults = {
    NGX_MODULE_V1, &callbacks, commands, NGX_HTTP_MODULE, NULL, NULL, commit, NULL, NULL, NULL,
    NULL, NGX_MODULE_V1_PADDING
};
