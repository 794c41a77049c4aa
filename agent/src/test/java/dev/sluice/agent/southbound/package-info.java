/** Tests of nodes that follow a manager. */
@NullMarked
package dev.sluice.agent.southbound;

import org.jspecify.annotations.NullMarked;
