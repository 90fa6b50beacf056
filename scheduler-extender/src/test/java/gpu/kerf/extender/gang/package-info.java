@NullMarked
package gpu.kerf.extender.gang;

import org.jspecify.annotations.NullMarked;
