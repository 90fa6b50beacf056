@NullMarked
package gpu.kerf.model.team;

import org.jspecify.annotations.NullMarked;
