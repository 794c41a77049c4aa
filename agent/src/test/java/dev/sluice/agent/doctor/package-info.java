/** Tests of the doctor. */
@NullMarked
package dev.sluice.agent.doctor;

import org.jspecify.annotations.NullMarked;
