@NullMarked
package gpu.kerf.extender.usage;

import org.jspecify.annotations.NullMarked;
