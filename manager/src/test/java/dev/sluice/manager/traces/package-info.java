/** Tests of traces as objects. */
@NullMarked
package dev.sluice.manager.traces;

import org.jspecify.annotations.NullMarked;
