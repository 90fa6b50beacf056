/**
 * What people and the console see of the scheduling, as JSON: {@code /api/v1}. Belongs to the
 * thread that owns the ledger.
 */
@NullMarked
package gpu.kerf.extender.api;

import org.jspecify.annotations.NullMarked;
