export type { FollowOptions } from './follow-server.js';
export { startFollower, type Follower, type FollowerEvents } from './follower.js';
