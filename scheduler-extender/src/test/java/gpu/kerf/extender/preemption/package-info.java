@NullMarked
package gpu.kerf.extender.preemption;

import org.jspecify.annotations.NullMarked;
