@NullMarked
package gpu.kerf.extender.kueue;

import org.jspecify.annotations.NullMarked;
