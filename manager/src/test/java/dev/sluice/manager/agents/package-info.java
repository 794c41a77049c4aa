/** Tests of what a manager does for agents. */
@NullMarked
package dev.sluice.manager.agents;

import org.jspecify.annotations.NullMarked;
