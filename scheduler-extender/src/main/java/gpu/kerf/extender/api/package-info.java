/**
 * The JSON documents of {@code /api/v1}, which people and the console read. Belongs to the thread
 * that owns the ledger.
 */
@NullMarked
package gpu.kerf.extender.api;

import org.jspecify.annotations.NullMarked;
