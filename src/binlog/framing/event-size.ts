/**
 * The largest event that is read: twice the largest max_allowed_packet (an update has two images of
 * a row), and what stands around them.
 */
export const eventSizeMaxBytes = 2 ** 31 + 2 ** 20;
