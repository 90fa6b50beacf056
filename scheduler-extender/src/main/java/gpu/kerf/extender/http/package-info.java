/** Routes: parse, call a verb, encode; health, metrics, the API and the console. */
@NullMarked
package gpu.kerf.extender.http;

import org.jspecify.annotations.NullMarked;
