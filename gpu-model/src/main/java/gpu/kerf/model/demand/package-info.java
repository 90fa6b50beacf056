/**
 * What a pod asks of GPUs: memory, a fraction, a MIG profile or whole GPUs, and the wall that must
 * keep tenants apart.
 */
@NullMarked
package gpu.kerf.model.demand;

import org.jspecify.annotations.NullMarked;
