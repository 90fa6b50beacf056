/**
 * The HTTP server: the routes of the verbs and webhooks, health, metrics, the API and the console,
 * and their limits.
 */
@NullMarked
package gpu.kerf.extender.http;

import org.jspecify.annotations.NullMarked;
