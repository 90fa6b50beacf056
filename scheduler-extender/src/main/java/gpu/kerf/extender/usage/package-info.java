/** Follows which pods hold which parts of GPUs, and keeps how much GPU time teams have used. */
@NullMarked
package gpu.kerf.extender.usage;

import org.jspecify.annotations.NullMarked;
