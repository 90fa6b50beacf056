@NullMarked
package gpu.kerf.extender.verb;

import org.jspecify.annotations.NullMarked;
