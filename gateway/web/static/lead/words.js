// The words that all pages of the shift lead share: Chinese first, English second.

export const WORDS = {
  'shell.brand': ['12345', ''],
  'shell.seats': ['座席', 'Seats'],
  'shell.reports': ['报表', 'Reports'],
  'shell.people': ['排班', 'Roster'],
  'shell.recordings': ['录音', 'Recordings'],
  'shell.wall': ['大屏', 'Wall'],
  'shell.desk': ['工作台', 'Desk'],
  'shell.leave': ['退出', 'Log out'],
  'shell.nav': ['页面', 'Pages'],
  'shell.failed': ['无法读取网关，请重试', 'the gateway does not answer'],
  'shell.again': ['重试', 'Try again'],
  'shell.net': ['网关没有应答，请再试一次', 'the gateway does not answer, try again'],
  'dialog.cancel': ['取消', 'Cancel'],
  'dialog.close': ['关闭', 'Close'],
  'toast.close': ['知道了', 'Got it'],
};
