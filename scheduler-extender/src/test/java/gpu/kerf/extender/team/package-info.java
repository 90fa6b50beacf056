@NullMarked
package gpu.kerf.extender.team;

import org.jspecify.annotations.NullMarked;
