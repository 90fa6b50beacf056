@NullMarked
package gpu.kerf.extender.api;

import org.jspecify.annotations.NullMarked;
