/**
 * What is asked: memory, a fraction, a MIG profile or whole GPUs, and what must keep tenants apart.
 */
@NullMarked
package gpu.kerf.model.demand;

import org.jspecify.annotations.NullMarked;
