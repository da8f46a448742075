// JsSIP as a module: its CommonJS entry, and by name what the desk uses.
import JsSIP from "jssip";
export default JsSIP;
export const { C, UA, WebSocketInterface, debug, version } = JsSIP;
