/**
 * The webhooks: what Kerf adds to pods before the API server stores them, and which pods it
 * refuses.
 */
@NullMarked
package gpu.kerf.extender.admission;

import org.jspecify.annotations.NullMarked;
