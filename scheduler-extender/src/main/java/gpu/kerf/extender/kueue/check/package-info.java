/** Kueue's AdmissionCheck {@code kerf.gpu/fits}: whether real GPUs have room for a workload. */
@NullMarked
package gpu.kerf.extender.kueue.check;

import org.jspecify.annotations.NullMarked;
