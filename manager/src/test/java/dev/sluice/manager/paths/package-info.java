/** Tests of paths as objects. */
@NullMarked
package dev.sluice.manager.paths;

import org.jspecify.annotations.NullMarked;
